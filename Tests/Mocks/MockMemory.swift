// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A frame pool over mocks.
public typealias MockPool = FramePool<MockProcessor, MockMemory>

/// Physical memory for host tests: an array of frames from 0x4000_0000 on, dirty at first so that
/// a forgotten zeroing shows. Tests of one process run one after another and share it.
public enum MockMemory: PhysicalMemory {
  /// The first frame of the mock RAM.
  public static let first = PhysicalFrame(containing: 0x4000_0000)
  /// How many frames there are at most: 64 MiB.
  public static let capacity: UInt32 = 16384

  nonisolated(unsafe) private static let bytes: UnsafeMutableRawPointer = {
    let count = Int(capacity) * Int(Page.size)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 4096)
    return memory
  }()

  /// The bytes of a frame in the array; traps outside it.
  public static func pointer(to frame: PhysicalFrame) -> UnsafeMutableRawPointer {
    precondition(
      frame.number >= first.number && frame.number < first.number + capacity,
      "frame \(frame.number) is not in the mock RAM")
    return bytes + Int(frame.number - first.number) * Int(Page.size)
  }

  /// The word at a physical address, as a table walker reads it.
  public static func word(at address: PhysicalAddress) -> UInt32 {
    (pointer(to: PhysicalFrame(containing: address)) + Int(address.word & Page.offsetMask))
      .load(as: UInt32.self)
  }

  /// A new pool over `frames` frames, all of them dirty. Its metadata is never freed.
  public static func makePool(frames: UInt32 = 1024, reserved: [FrameRange] = []) -> MockPool {
    makeDirty(frames: frames)
    let size = MockPool.metadataSize(frameCount: frames)
    let metadata = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    memset(metadata, 0, count: size)
    return MockPool(
      first: first, count: frames, metadata: metadata, reserved: reserved.span)
  }

  /// Makes the first `frames` frames dirty.
  public static func makeDirty(frames: UInt32) {
    memset(bytes, 0xa5, count: Int(frames) * Int(Page.size))
  }

  private static func memset(_ start: UnsafeMutableRawPointer, _ value: UInt8, count: Int) {
    start.initializeMemory(as: UInt8.self, repeating: value, count: count)
  }
}
