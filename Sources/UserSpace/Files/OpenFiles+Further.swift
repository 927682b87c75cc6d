// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Up to 64 open files in a frame of their own, as long as one of them is in use.
struct OpenFileFrame {
  /// The number of files in a frame.
  static var size: Int { min(64, Int(Page.size) / MemoryLayout<OpenFile>.stride) }
  /// The bits that stand for no file.
  private static var unused: UInt64 { size < 64 ? .max << UInt64(size) : 0 }

  fileprivate let frame: PhysicalFrame
  let files: RecordTable<OpenFile>
  /// A bit for each file that is in use, and those that stand for none.
  fileprivate var taken = Self.unused
  /// The files that are in use.
  fileprivate var used: UInt64 { taken & ~Self.unused }
}

/// The open files from `OpenFiles.firstCount` on, whose frames are made on demand.
extension OpenFiles {
  /// Opens `node` in a frame, which is made unless one has room.
  ///
  /// - Returns: the number of the open file.
  /// - Throws: `fileTableFull`, `outOfMemory`.
  @inline(never)
  func openFurther<CPU, Memory>(
    _ node: FileNode, flags: UInt32, _ pool: FramePool<CPU, Memory>
  ) throws(Errno) -> UInt16 {
    var number = 0
    while number < Self.frameCount, frames[number]?.taken == .max { number += 1 }
    guard number < Self.frameCount else { throw .fileTableFull }
    if frames[number] == nil {
      do throws(MemoryError) {
        let frame = try pool.allocateCold(zeroed: false)
        frames[number] = OpenFileFrame(frame: frame, files: RecordTable(in: frame, of: Memory.self))
      } catch { throw Errno(error) }
    }
    guard var entry = frames[number] else { throw .outOfMemory }
    let index = (~entry.taken).trailingZeroBitCount
    entry.taken |= 1 << UInt64(index)
    frames[number] = entry
    entry.files[index] = OpenFile(node: node, flags: flags)
    return UInt16(Self.firstCount + number * OpenFileFrame.size + index)
  }

  /// The number of an open file in a frame that satisfies a condition, as `first` finds it.
  func firstFurther(
    where condition: (borrowing OpenFile) -> Bool, orEndIf mustEnd: () -> Bool
  ) -> UInt16? {
    for number in 0..<Self.frameCount {
      if frames[number] != nil, mustEnd() { return nil }
      guard let entry = frames[number] else { continue }
      var rest = entry.used
      while rest != 0 {
        let index = rest.trailingZeroBitCount
        if condition(entry.files[index]) {
          return UInt16(Self.firstCount + number * OpenFileFrame.size + index)
        }
        rest &= rest &- 1  // Wrapping: it is not 0.
      }
    }
    return nil
  }

  /// Frees the number of a closed file in a frame, and with the last one the frame.
  @inline(never)
  func freeFurther<CPU, Memory>(_ number: UInt16, _ pool: FramePool<CPU, Memory>) {
    let place = Int(number) - Self.firstCount
    let index = place / OpenFileFrame.size
    guard var entry = frames[index] else { return }
    entry.taken &= ~(1 << UInt64(place % OpenFileFrame.size))
    frames[index] = entry.used == 0 ? nil : entry
    if entry.used == 0 { pool.release(entry.frame) }
  }
}
