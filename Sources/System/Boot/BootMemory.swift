// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace
import VmRegion

/// Why the kernel cannot run in the RAM that it was loaded to.
public enum BootMemoryError: Error, Equatable, Sendable {
  /// RAM begins above its address in the linear map, so that a physical address lies in the map,
  /// but at another frame.
  case beginsAboveTheMap
  /// No range of RAM begins where the kernel runs.
  case notListed

  /// The reason as text for the log.
  public var reason: StaticString {
    switch self {
    case .beginsAboveTheMap: "RAM begins above 0x80000000"
    case .notListed: "the device tree has no memory where the kernel runs"
    }
  }
}

/// What boot learns about RAM: its size, and the ranges in it that are already in use.
public struct BootMemory {
  /// The first address of RAM.
  public let base: PhysicalAddress
  /// The address of RAM's first byte in the linear map.
  private let map: UInt
  /// RAM that the kernel uses, in bytes: a multiple of 1 MiB.
  public let size: Word
  /// MiB that the device tree lists but the linear map cannot cover.
  let unmapped: Word
  private let deviceTree: PhysicalRange
  /// The initrd; nil unless one was loaded and lies completely in RAM.
  public let initrd: PhysicalRange?

  /// Checks the `rangeCount` ranges of RAM that the device tree lists, which `range` returns,
  /// against the address at which the kernel runs. The linear map begins at `map` and covers
  /// `limit` bytes. An initrd that is not in RAM is left out, with a log line.
  public init(
    base: PhysicalAddress, mappedAt map: UInt, limit: Word, rangeCount: Int,
    range: (Int) -> PhysicalRange, deviceTree: PhysicalRange, initrd: PhysicalRange?
  ) throws(BootMemoryError) {
    guard UInt(base.word) <= map else { throw .beginsAboveTheMap }
    var size: Word = 0
    var installed: Word = 0
    for index in 0..<rangeCount {
      let range = range(index)
      installed += range.byteCount >> 20
      if range.base == base { size = min(range.byteCount, limit) & ~0xfffff }
    }
    guard size != 0 else { throw .notListed }
    self.base = base
    self.map = map
    self.size = size
    unmapped = installed - size >> 20
    self.deviceTree = deviceTree
    self.initrd = Self.checked(initrd, base: base, size: size)
  }

  /// The initrd's range; nil, with a log line, unless it lies completely in RAM.
  private static func checked(
    _ range: PhysicalRange?, base: PhysicalAddress, size: Word
  ) -> PhysicalRange? {
    guard let range, range.byteCount > 0 else { return nil }
    guard range.base.word >= base.word, range.base.word - base.word < size,
      range.byteCount <= size - (range.base.word - base.word)
    else {
      let start = UInt32(clamping: range.base.word)
      Log.line("initrd: \(range.byteCount) bytes at \(hex: start) are not in RAM, ignored")
      return nil
    }
    return range
  }

  /// The limit for the kernel's own tables, as an address of the linear map: the lowest of the
  /// device tree, the initrd and the end of RAM. A device tree below the kernel's end, which is at
  /// `kernelEnd`, leaves no room.
  public func earlyLimit(kernelEnd: UInt) -> UInt {
    var limit = min(map + UInt(size), max(address(of: deviceTree.base), kernelEnd))
    if let initrd { limit = min(limit, address(of: initrd.base)) }
    return limit
  }

  private func address(of physical: PhysicalAddress) -> UInt {
    map + UInt(physical.word - base.word)
  }

  /// Makes the frame pool of all RAM that is not in use yet, after the last allocation of `early`,
  /// which lies in the linear map.
  public func makePool<CPU: Processor, Memory: PhysicalMemory>(
    _ early: inout EarlyMemory
  ) -> FramePool<CPU, Memory> {
    let count = UInt32(clamping: size / Page.size)
    // SAFETY: early memory is never freed.
    let metadata = unsafe early.allocate(
      byteCount: FramePool<CPU, Memory>.metadataSize(frameCount: count), alignment: 16)
    let reserved: InlineArray<3, FrameRange> = [
      FrameRange(address: base, length: Word(early.end - map)),
      FrameRange(address: deviceTree.base, length: deviceTree.byteCount),
      FrameRange(address: initrd?.base ?? base, length: initrd?.byteCount ?? 0),
    ]
    // SAFETY: the metadata is zeroed, has the size that the pool asks for, and is never freed.
    let frames = unsafe FramePool<CPU, Memory>(
      first: PhysicalFrame(containing: base), count: count, metadata: metadata,
      reserved: reserved.span)
    do { try frames.makeZeroFrame() } catch { preconditionFailure("no memory for programs") }
    Log.line(
      """
      memory: \(size >> 20) MiB at \(hex: UInt32(clamping: base.word)), \(frames.freeCount * 4) KiB free, \
      initrd \(initrd?.byteCount ?? 0) bytes
      """)
    if unmapped > 0 { Log.line("memory: \(unmapped) MiB more cannot be mapped and are not used") }
    return frames
  }
}
