// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What open files have besides their nodes, by kind. The kernel lock protects it.
@safe public struct FileObjects<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private var pipes: ObjectSlab<PipeSlot, CPU, Memory>
  /// The number of the object that was made last.
  private var lastNumber: UInt32 = 0

  /// No objects; their memory is frames of `pool`.
  public init(pool: FramePool<CPU, Memory>) { pipes = ObjectSlab(pool: pool) }

  /// A new number for an object: its inode. Wrapping: after 2^32 objects.
  mutating func newNumber() -> UInt32 {
    lastNumber &+= 1
    return lastNumber
  }

  /// Makes a pipe without ends.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makePipe() throws(MemoryError) -> RecordReference<Pipe> {
    // SAFETY: the slot is new.
    try unsafe PipeSlot.create(at: pipes.allocate())
  }

  /// Frees a pipe without ends, whose frames have been released.
  mutating func free(_ pipe: RecordReference<Pipe>) {
    // SAFETY: nothing refers to the pipe any more.
    unsafe pipes.free(PipeSlot.slot(of: pipe))
    if pipes.objectCount == 0 { pipes.releaseReserve() }
  }
}
