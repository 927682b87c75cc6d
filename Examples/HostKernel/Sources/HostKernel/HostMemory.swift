// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The machine's RAM: 1 MiB of the host's, at physical address 0x4000_0000.
enum HostMemory: PhysicalMemory {
  static let first = PhysicalFrame(containing: 0x4000_0000)
  static let frameCount: UInt32 = 256

  // SAFETY: allocated once and never released; the example has one thread.
  private nonisolated(unsafe) static let bytes = UnsafeMutableRawPointer.allocate(
    byteCount: Int(frameCount * Page.size), alignment: Int(Page.size))

  static func pointer(to frame: PhysicalFrame) -> UnsafeMutableRawPointer {
    let index = frame.number - first.number
    precondition(index < frameCount, "frame \(frame.number) is not in this RAM")
    // SAFETY: the index has been checked.
    return unsafe bytes + Int(index * Page.size)
  }

  /// The pool that manages all of it. To be called once.
  static func makePool() -> FramePool<HostProcessor, HostMemory> {
    let size = FramePool<HostProcessor, HostMemory>.metadataSize(frameCount: frameCount)
    let metadata = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    let reserved: [FrameRange] = []
    // SAFETY: as many zeroed bytes as the pool asks for, which are never released.
    unsafe metadata.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    return unsafe FramePool(
      first: first, count: frameCount, metadata: metadata, reserved: reserved.span)
  }
}
