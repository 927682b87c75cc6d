// SPDX-License-Identifier: Apache-2.0
import Board
import BootImage
import PortARMv7A
import RTOSCore
import System
import UserSpace
import VmRegion

/// What boot learns about RAM: its size, and the ranges in it that are already in use.
struct BootMemory {
  /// RAM that the kernel uses, in bytes.
  let size: UInt32
  /// MiB that the device tree lists but the linear map cannot cover.
  let unmapped: UInt32
  /// The device tree.
  let deviceTree: PhysicalRange
  /// The initrd; nil unless one was loaded and lies completely in RAM.
  let initrd: PhysicalRange?

  /// Checks the device tree's memory nodes against the address at which the kernel runs.
  ///
  /// The boot stops here when RAM begins above 0x80000000, or the tree lists no RAM at the
  /// kernel.
  init(_ board: BoardDescription) {
    let base = boot_ram_base()
    // With RAM above, a physical address would lie in the linear map, but at another frame.
    guard base <= LinearMap.base else { BootStop.because("RAM begins above 0x80000000") }
    var size: UInt32 = 0
    var installed: UInt32 = 0
    for index in 0..<board.memory.count {
      installed += board.memory[index].byteCount >> 20
      if board.memory[index].base.word == base {
        size = min(board.memory[index].byteCount, LinearMap.limit) & ~0xfffff
      }
    }
    guard size != 0 else {
      BootStop.because("the device tree has no memory where the kernel runs")
    }
    self.size = size
    unmapped = installed - size >> 20
    deviceTree = PhysicalRange(base: boot_device_tree(), byteCount: board.blobByteCount)
    initrd = Self.checked(board.initialRAMDisk, ramBase: base, ramSize: size)
  }

  /// The bytes of a physical range of RAM in the linear map.
  @_lifetime(immortal)
  static func bytes(_ range: PhysicalRange) -> RawSpan { immortalBytes(range).bytes }

  /// Storable handle on the bytes of a physical range of RAM in the linear map.
  static func immortalBytes(_ range: PhysicalRange) -> ImmortalBytes {
    let address = UInt(LinearMap.address(of: range.base))
    // SAFETY: callers pass ranges that were checked to lie in RAM. RAM stays mapped, and the
    // device tree and the initrd are never written.
    let start = unsafe UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped
    return unsafe ImmortalBytes(start: start, count: Int(range.byteCount))
  }

  /// The bytes of a range of the device tree; empty for nil.
  @_lifetime(immortal)
  func bytes(_ range: BlobRange?) -> RawSpan { immortalBytes(range).bytes }

  /// Storable handle on the bytes of a range of the device tree; empty for nil.
  func immortalBytes(_ range: BlobRange?) -> ImmortalBytes {
    guard let range else { return ImmortalBytes() }
    return Self.immortalBytes(
      PhysicalRange(base: deviceTree.base.word + range.offset, byteCount: range.byteCount))
  }

  /// The limit for the kernel's own tables, as an address of the linear map: the lowest of the
  /// device tree, the initrd and the end of RAM.
  var earlyLimit: UInt32 {
    var limit = LinearMap.base + size
    limit = min(limit, max(LinearMap.address(of: deviceTree.base), boot_kernel_end()))
    if let initrd { limit = min(limit, LinearMap.address(of: initrd.base)) }
    return limit
  }

  // SAFETY: early memory is zeroed, has the size that the pool asks for, and is never freed.
  /// Makes the frame pool of all RAM that is not in use yet.
  func makePool(_ early: inout EarlyMemory) -> KernelFrames {
    let count = size / Page.size
    let metadata = unsafe early.allocate(
      byteCount: KernelFrames.metadataSize(frameCount: count), alignment: 16)
    let base = PhysicalAddress(boot_ram_base())
    let reserved: InlineArray<3, FrameRange> = [
      FrameRange(address: base, length: UInt32(early.end) - LinearMap.base),
      FrameRange(address: deviceTree.base, length: deviceTree.byteCount),
      FrameRange(address: initrd?.base ?? base, length: initrd?.byteCount ?? 0),
    ]
    // SAFETY: the metadata is zeroed, has the size that the pool asks for, and is never freed.
    let frames = unsafe KernelFrames(
      first: PhysicalFrame(containing: base), count: count, metadata: metadata,
      reserved: reserved.span)
    do { try frames.makeZeroFrame() } catch { preconditionFailure("no memory for programs") }
    report(frames)
    return frames
  }

  private func report(_ frames: KernelFrames) {
    Log.line(
      """
      memory: \(size >> 20) MiB at \(hex: boot_ram_base()), \(frames.freeCount * 4) KiB free, \
      initrd \(initrd?.byteCount ?? 0) bytes
      """)
    guard unmapped > 0 else { return }
    Log.line("memory: \(unmapped) MiB more cannot be mapped and are not used")
  }

  /// The initrd's range; nil, with a log line, unless it lies completely in RAM.
  private static func checked(
    _ range: PhysicalRange?, ramBase: UInt32, ramSize: UInt32
  ) -> PhysicalRange? {
    guard let range, case let base = range.base.word, range.byteCount > 0 else { return nil }
    guard base >= ramBase, base - ramBase < ramSize,
      range.byteCount <= ramSize - (base - ramBase)
    else {
      Log.line("initrd: \(range.byteCount) bytes at \(hex: base) are not in RAM, ignored")
      return nil
    }
    return range
  }
}
