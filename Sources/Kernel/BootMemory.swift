// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import BootImage
  import PortARMv7A
  import RTOSCore
  import UserSpace
  import VmRegion

  /// What boot learns about RAM: how much there is, and what in it is spoken for.
  struct BootMemory {
    /// RAM in bytes, as far as the kernel uses it.
    let size: UInt32
    /// MiB that the tree has and the linear map has no room for, or does not reach.
    let unmapped: UInt32
    /// The device tree.
    let deviceTree: PhysicalRange
    /// The initrd, if one was loaded and all of it lies in RAM.
    let initrd: PhysicalRange?

    /// Checks what the tree says against where the kernel runs.
    init(_ board: BoardDescription) {
      let base = boot_ram_base()
      // Above, its physical address would be in the linear map, at another frame.
      guard base <= LinearMap.base else { BootStop.because("RAM begins above 0x80000000") }
      var size: UInt32 = 0
      var installed: UInt32 = 0
      for index in 0..<board.memory.count {
        installed += board.memory[index].byteCount >> 20
        if board.memory[index].base == base {
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

    /// The same as a handle that can be kept.
    static func immortalBytes(_ range: PhysicalRange) -> ImmortalBytes {
      let address = UInt(LinearMap.address(of: range.base))
      // SAFETY: callers hand in ranges that were checked to lie in RAM, which stays mapped, and in
      // which the device tree and the initrd are never written.
      let start = unsafe UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped
      return unsafe ImmortalBytes(start: start, count: Int(range.byteCount))
    }

    /// The bytes that a range of the device tree names; none for nil.
    @_lifetime(immortal)
    func bytes(_ range: BlobRange?) -> RawSpan { immortalBytes(range).bytes }

    /// The same as a handle that can be kept.
    func immortalBytes(_ range: BlobRange?) -> ImmortalBytes {
      guard let range else { return ImmortalBytes() }
      return Self.immortalBytes(
        PhysicalRange(base: deviceTree.base + range.offset, byteCount: range.byteCount))
    }

    /// Where the kernel's own tables must end: the lowest of the device tree, the initrd and the
    /// end of RAM, as an address of the linear map.
    var earlyLimit: UInt32 {
      var limit = LinearMap.base + size
      limit = min(limit, max(LinearMap.address(of: deviceTree.base), boot_kernel_end()))
      if let initrd { limit = min(limit, LinearMap.address(of: initrd.base)) }
      return limit
    }

    // SAFETY: early memory is zeroed, of the size that the pool asks for, and taken for ever.
    /// Gives the frames that nobody has to a new pool.
    func makePool(_ early: inout EarlyMemory) -> KernelFrames {
      let count = size / Page.size
      let metadata = unsafe early.take(
        byteCount: KernelFrames.metadataSize(frameCount: count), alignment: 16)
      let base = boot_ram_base()
      let reserved: InlineArray<3, FrameRange> = [
        FrameRange(address: base, length: early.end - LinearMap.base),
        FrameRange(address: deviceTree.base, length: deviceTree.byteCount),
        FrameRange(address: initrd?.base ?? base, length: initrd?.byteCount ?? 0),
      ]
      // SAFETY: zeroed memory of the size that the pool asks for, taken for ever.
      let frames = unsafe KernelFrames(
        first: PhysicalFrame(containing: base), count: count, metadata: metadata,
        reserved: reserved.span)
      do { try frames.makeZeroFrame() } catch { preconditionFailure("no memory for programs") }
      return frames
    }

    /// nil, with a line on the log, for an initrd that does not lie in RAM.
    private static func checked(
      _ range: PhysicalRange?, ramBase: UInt32, ramSize: UInt32
    ) -> PhysicalRange? {
      guard let range, range.byteCount > 0 else { return nil }
      guard range.base >= ramBase, range.base - ramBase < ramSize,
        range.byteCount <= ramSize - (range.base - ramBase)
      else {
        Log.line("initrd: \(range.byteCount) bytes at \(hex: range.base) are not in RAM, ignored")
        return nil
      }
      return range
    }
  }
#endif
