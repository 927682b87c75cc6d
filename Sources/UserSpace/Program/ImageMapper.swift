import RTOSCore
import VmRegion

/// Maps the segments of a checked program.
enum ImageMapper {
  /// Maps all segments of `program` with their permissions and says where the heap begins.
  ///
  /// - Throws: what the space throws; the caller then drops the space.
  static func map<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ program: borrowing ElfProgram, name: RegionName,
    into space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    for index in 0..<program.headerCount {
      guard let segment = program.segment(index) else { continue }
      try map(segment, of: program, name, &space)
    }
    space.setHeapBase(program.lastByte &+ program.bias)  // Wrapping: checked by `ElfProgram`.
  }

  /// The pages with bytes of the file are filled now; those behind come on first touch.
  private static func map<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ segment: ElfSegment, of program: borrowing ElfProgram, _ name: RegionName,
    _ space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) {
    // Wrapping throughout: `ElfProgram` has checked all sums.
    let bias = program.bias
    var filled: UInt32 = 0
    if segment.fileCount > 0 {
      filled = Page.roundedUp(segment.address &+ segment.fileCount) &- segment.base
      let bytes = program.file.extracting(
        Int(segment.fileOffset)..<Int(segment.fileOffset) + Int(segment.fileCount))
      _ = try space.mapFilled(
        MapRequest(
          .fixedNoReplace(segment.base &+ bias), length: filled,
          permissions: segment.permissions, name: name,
          pageOffset: segment.fileOffset >> Page.shift), writesAll: true
      ) { (page, frame) throws(MemoryError) in
        fill(&frame, page: page, from: bytes, startingAt: segment.address & Page.offsetMask)
      }
    }
    let rest = segment.end &- segment.base &- filled
    guard rest > 0 else { return }
    _ = try space.map(
      MapRequest(
        .fixedNoReplace(segment.base &+ bias &+ filled), length: rest,
        permissions: segment.permissions))
  }

  /// Writes the `page`-th page of a mapping: what belongs there from `bytes`, which begin `lead` bytes
  /// into the first page, and zeros around it.
  static func fill(
    _ frame: inout MutableRawSpan, page: UInt32, from bytes: RawSpan, startingAt lead: UInt32
  ) {
    let pageStart = Int(page) * Int(Page.size)
    let first = max(pageStart, Int(lead))
    let last = max(first, min(pageStart + Int(Page.size), Int(lead) + bytes.byteCount))
    // SAFETY: `first ..< last` lies in the page, so the piece fits behind its offset, and zeros around.
    unsafe frame.withUnsafeMutableBytes { destination in
      guard let start = destination.baseAddress else { return }
      unsafe clear(start, first - pageStart)
      if first < last {
        let piece = bytes.extracting(first - Int(lead)..<last - Int(lead))
        unsafe piece.withUnsafeBytes { source in
          unsafe UnsafeMutableRawBufferPointer(rebasing: destination[(first - pageStart)...])
            .copyMemory(from: source)
        }
      }
      unsafe clear(start + (last - pageStart), pageStart + Int(Page.size) - last)
    }
  }

  // SAFETY: the caller's bytes.
  /// Stores `count` zeros.
  private static func clear(_ start: UnsafeMutableRawPointer, _ count: Int) {
    if count > 0 { unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: count) }
  }
}
