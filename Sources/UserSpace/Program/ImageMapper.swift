// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Maps the segments of a validated program as Linux does (fs/binfmt_elf.c): whole pages of the
/// file, each segment replacing earlier mappings at its addresses, then zeros. No other thread uses
/// the address space yet, so each page is a preemption point.
enum ImageMapper<P: Platform> {
  /// Finds a free range for `program`, an interpreter, and sets its load address. Nothing is mapped
  /// there afterwards. A program with fixed addresses stays as it is.
  ///
  /// - Throws: `outOfMemory` if there is no such range.
  static func place(
    _ program: inout ElfProgram<P.ABI>, in space: inout Process<P>.Space
  ) throws(MemoryError) {
    guard program.isPositionIndependent else { return }
    // Wrapping: `ElfProgram` has checked that all segments fit into the user addresses together.
    let length = program.end.word &- program.lowest.word
    let start = try space.findGap(length: length)
    program.loadAddress = start &+ (program.base.word &- program.lowest.word)
  }

  /// Maps all segments of `program` with their permissions.
  ///
  /// - Throws: any error of the address space; the caller must then tear the space down.
  static func map(
    _ program: borrowing ElfProgram<P.ABI>, name: RegionName, into space: inout Process<P>.Space
  ) throws(MemoryError) {
    // Wrapping, here and below: `ElfProgram` has checked all sums.
    let bias = program.bias
    // The highest end of the bytes from the file, and that of all segments, whose rest is zero.
    var (fileEnd, end): (UserAddress, UserAddress) = (0, 0)
    for index in 0..<program.headerCount {
      guard let segment = program.segment(index) else { continue }
      try map(segment, of: program, name, &space)
      fileEnd = max(fileEnd, segment.fileEnd)
      end = max(end, segment.byteEnd)
      let (first, last) = (Page.roundedUp(fileEnd.word), Page.roundedUp(end.word))
      guard first < last else { continue }
      _ = try space.map(
        MapRequest(
          .fixed(UserAddress(first &+ bias)), length: last &- first,
          permissions: segment.permissions.intersection(.execute).union([.read, .write])))
    }
  }

  /// Maps one segment. Pages with bytes of the file are filled now; later pages on first access.
  private static func map(
    _ segment: ElfSegment, of program: borrowing ElfProgram<P.ABI>, _ name: RegionName,
    _ space: inout Process<P>.Space
  ) throws(MemoryError) {
    let length = Page.roundedUp(segment.fileEnd.word) &- segment.base.word
    guard length > 0 else { return }
    let first = Page.count(segment.fileOffset)
    let place = segment.base &+ program.bias
    func request(_ page: UInt32, _ length: Word) -> MapRequest {
      MapRequest(
        .fixed(place &+ Word(page) << Page.shift), length: length,
        permissions: segment.permissions,
        name: name, pageOffset: first &+ page)
    }
    // Zeros begin right after the last byte of a writable segment; others show the file's bytes
    // there.
    let hasMore = segment.permissions.contains(.write) && segment.memoryCount > segment.fileCount
    let used = hasMore ? UInt64(segment.fileOffset) + UInt64(segment.fileCount) : .max
    let bytes = program.file.extracting(first: Int(min(used, UInt64(program.file.byteCount))))
    let filePages = UInt32(clamping: (program.file.byteCount + 4095) >> Int(Page.shift))
    let filled = min(Page.count(length), filePages < first ? 0 : filePages - first)
    if filled > 0 {
      _ = try space.mapFilled(request(0, Word(filled) << Page.shift), writesAll: true) {
        (page, frame) throws(MemoryError) in
        P.preemptionPoint()
        FilePage.fill(&frame, page: first &+ page, of: bytes)
      }
    }
    let rest = length &- Word(filled) << Page.shift
    if rest > 0 { _ = try space.map(request(filled, rest)) }
  }
}
