// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Maps the segments of a validated program as Linux does (fs/binfmt_elf.c): whole pages of the
/// file, each segment replacing earlier mappings at its addresses, then zeros. Nothing is copied
/// but the page where a segment's zeros begin.
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

  /// Maps all segments of `program` with their permissions, with a preemption point after each.
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
      P.preemptionPoint()
      fileEnd = max(fileEnd, segment.fileEnd)
      end = max(end, segment.byteEnd)
      let (first, last) = (Page.roundedUp(fileEnd.word), Page.roundedUp(end.word))
      guard first < last else { continue }
      _ = try space.map(
        MapRequest(
          .fixed(UserAddress(first &+ bias)), length: last &- first,
          permissions: segment.permissions.intersection(.execute).union([.read, .write])))
      P.preemptionPoint()
    }
  }

  /// Maps one segment, whose pages come from the file on first access. A writable segment that is
  /// larger than its bytes in the file continues with zeros; others show the file's bytes there.
  private static func map(
    _ segment: ElfSegment, of program: borrowing ElfProgram<P.ABI>, _ name: RegionName,
    _ space: inout Process<P>.Space
  ) throws(MemoryError) {
    let fileEnd = segment.fileEnd.word
    let length = Page.roundedUp(fileEnd) &- segment.base.word
    guard length > 0 else { return }
    _ = try space.map(
      MapRequest(
        .fixed(segment.base &+ program.bias), length: length, permissions: segment.permissions,
        name: name, pageOffset: Page.count(segment.fileOffset)))
    guard segment.permissions.contains(.write), segment.memoryCount > segment.fileCount else {
      return
    }
    // The page exists only if the file has bytes there.
    guard UInt64(segment.fileOffset) + UInt64(segment.fileCount) <= program.fileSize else { return }
    let rest = Int(Page.roundedUp(fileEnd) &- fileEnd)
    P.preemptionPoint()
    if rest > 0 { try space.writeZeros(rest, to: UserAddress(fileEnd &+ program.bias)) }
  }
}
