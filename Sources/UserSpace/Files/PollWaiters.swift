// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The waiters of a thread for several files at once (poll, select), in frames of their own. Each
/// has a reference to its open file, as on Linux: a file that another thread closes meanwhile is
/// polled to the end of the call.
@safe struct PollWaiters<P: FilePlatform>: ~Copyable {
  private struct Entry {
    var waiter: FileWaiter
    let file: UInt16
  }

  private struct Header {
    /// The frame that was filled before.
    let previous: PhysicalFrame?
    var count = 0
  }

  /// How far the files are waited for.
  private enum Stage {
    case no, nextLook, yes
  }
  private var stage = Stage.no
  /// Whether the files that are looked at now get waiters.
  var isRegistering: Bool { stage == .nextLook }
  /// The descriptors below this number get none: all that there can be, or none.
  private(set) var plainEnd = UInt32(Descriptor.limit)
  /// The frame that is filled at present.
  private var frame: PhysicalFrame?

  private static var capacity: Int {
    (Int(Page.size) - entryOffset) / MemoryLayout<Entry>.stride
  }
  private static var entryOffset: Int { 32 }

  private var pool: FramePool<P.CPU, P.Memory> { P.memory.space.pool }

  private static func header(_ frame: PhysicalFrame) -> RecordReference<Header> {
    RecordTable(in: frame, of: P.Memory.self).reference(0)
  }

  private static func entries(_ frame: PhysicalFrame) -> RecordTable<Entry> {
    RecordTable(in: frame, from: entryOffset, of: P.Memory.self)
  }

  /// Begins the look that makes the waiters. False if there are waiters already.
  mutating func register() -> Bool {
    stage = stage == .no ? .nextLook : .yes
    plainEnd = isRegistering ? 0 : UInt32(Descriptor.limit)
    return isRegistering
  }

  /// Waits for `events` of the open file with this number; `queue` is that of the file.
  ///
  /// - Throws: `outOfMemory`.
  @inline(never)
  mutating func add(
    _ file: UInt16, _ events: FileEvents, in queue: FileWait<P>.Queue
  ) throws(Errno) {
    guard !FileReference(P.openFiles, file).file.isFull(queue) else { throw .outOfMemory }
    let here: PhysicalFrame
    if let frame, Self.header(frame).pointee.count < Self.capacity {
      here = frame
    } else {
      here = try addFrame()
    }
    let header = Self.header(here)
    let entry = Self.entries(here).reference(header.pointee.count)
    entry.pointee = Entry(
      waiter: FileWaiter(task: P.task, events: events, isExclusive: false), file: file)
    header.pointee.count += 1
    P.openFiles.retain(file)
    FileWait<P>.append(Self.waiter(of: entry), to: queue)
  }

  private mutating func addFrame() throws(Errno) -> PhysicalFrame {
    do throws(MemoryError) {
      let new = try pool.allocateCold(zeroed: false)
      Self.header(new).pointee = Header(previous: frame)
      frame = new
      return new
    } catch {
      throw Errno(error)
    }
  }

  // SAFETY: the waiter is the first field of the entry, which stays in place until `removeAll`.
  private static func waiter(of entry: RecordReference<Entry>) -> RecordReference<FileWaiter> {
    unsafe RecordReference(
      at: UnsafeMutableRawPointer(entry.address).assumingMemoryBound(to: FileWaiter.self))
  }

  /// The waiters can be woken again.
  @inline(never)
  func rearm() {
    var rest = frame
    while let frame = rest {
      for index in 0..<Self.header(frame).pointee.count {
        Self.entries(frame)[index].waiter.isWoken = false
      }
      rest = Self.header(frame).pointee.previous
    }
  }

  /// Removes all waiters and releases their files and frames.
  @inline(never)
  mutating func removeAll() {
    while let frame {
      let header = Self.header(frame)
      for index in 0..<header.pointee.count {
        let entry = Self.entries(frame).reference(index)
        FileWait<P>.remove(Self.waiter(of: entry))
        FileTable<P>.release(entry.pointee.file)
        if index % 16 == 15 { _ = P.mustEnd() }  // A preemption point.
      }
      self.frame = header.pointee.previous
      pool.release(frame)
    }
  }
}
