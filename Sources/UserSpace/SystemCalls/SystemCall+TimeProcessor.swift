// SPDX-License-Identifier: Apache-2.0
import TickHandler

// SAFETY: the process outlives the call, and threads stay at their places.
/// The clocks that count the use of CPUs. 2 is the process's own, 3 the thread's; the number of any
/// other is -8 * (number of the process or thread + 1) + 4 if it is a thread's + its kind, where
/// number 0 is the caller. Of threads only those of the process have one.
extension SystemCall {
  static var processClock: UInt32 { 2 }
  static var threadClock: UInt32 { 3 }

  /// Kinds 0 and 1 are profiling and user time, 2 is what the scheduler counts; 3 is none.
  static var scheduledKind: UInt32 { 2 }

  /// True for the number of a clock behind a descriptor, -8 * (descriptor + 1) + 3: there are none.
  static func isDescriptorClock(_ identifier: UInt32) -> Bool { identifier & 7 == 3 }

  /// The CPU clock that a number means, if whom it counts for is there. As in Linux, who only reads
  /// the process's clock may name it by the number of the calling thread.
  @inline(never)
  func processorClock(_ identifier: UInt32, isRead: Bool = false) -> ProcessorClock? {
    let (me, thread) = unsafe (process.pointee.identifier, P.thread.pointee.identifier)
    if identifier == SystemCall.processClock { return ProcessorClock(owner: me, isThread: false) }
    if identifier == SystemCall.threadClock { return ProcessorClock(owner: thread, isThread: true) }
    let number = Int32(bitPattern: identifier)
    guard number < 0, identifier & 3 <= SystemCall.scheduledKind else { return nil }
    let isThread = identifier & 4 != 0
    var owner = UInt32(bitPattern: ~(number >> 3))
    if owner == 0 { owner = isThread ? thread : me }
    if !isThread, isRead, owner == thread { owner = me }
    let isThere = P.processes.withLock { table in
      guard isThread else { return table.place(of: owner) != nil }
      guard let task = table.task(of: owner) else { return false }
      return unsafe table.thread(task).pointee.process == process
    }
    return isThere ? ProcessorClock(owner: owner, isThread: isThread) : nil
  }

  /// What a CPU clock says.
  ///
  /// - Throws: `invalid` if it is none, or one of whom there is not.
  @inline(__always)
  func processorTime(of identifier: UInt32) throws(Errno) -> Timespec {
    let isOwn = unsafe identifier == SystemCall.processClock && process.pointee.isOneThread
    if isOwn || identifier == SystemCall.threadClock { return P.runTime }
    return try anyTime(of: identifier)
  }

  @inline(never)
  private func anyTime(of identifier: UInt32) throws(Errno) -> Timespec {
    guard let clock = processorClock(identifier, isRead: true), let time = time(of: clock) else {
      throw .invalid
    }
    return time
  }

  /// The same of a clock that was there; nil if it is gone.
  func time(of clock: ProcessorClock) -> Timespec? {
    P.processes.withLock { $0.time(of: clock) }
  }
}
