// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// One CPU's timer: its next tick, and the timeouts that this CPU serves. Whichever comes first is
/// programmed.
///
/// Only its own CPU inserts timeouts, serves them and programs the timer, with interrupts masked;
/// any CPU may cancel one. The lock of `CPUTimers` protects it.
public struct CPUTimer: ~Copyable {
  /// The timeouts that this CPU serves.
  var timeouts: TimeoutQueue
  /// The count of this CPU's next tick; nil while its tick is stopped.
  var tick: UInt64?

  /// A timer without a tick and with these timeouts.
  public init(timeouts: consuming TimeoutQueue) { self.timeouts = timeouts }
}

// SAFETY: the records are in memory that is never freed; `count` of them are initialised.
/// The timers of all CPUs, each with its lock (level `timeouts`).
@safe public struct CPUTimers<CPU: Processor> {
  /// One CPU's timer with its lock.
  public typealias Record = Guarded<CPU, CPUTimer>

  private let records: UnsafePointer<Record>
  private let count: Int

  /// The bytes of memory that the timers of `count` CPUs need, each with room for `capacity`
  /// timeouts.
  public static func size(count: Int, capacity: Int) -> Int {
    count * (MemoryLayout<Record>.stride + MemoryLayout<CPUTimer>.stride)
      + count * capacity * MemoryLayout<TimeoutQueue.Slot>.stride
  }

  /// The timers of `count` CPUs, without timeouts, in unused memory of `size` bytes that is aligned
  /// to 16 and never freed.
  @unsafe public init(count: Int, capacity: Int, in memory: UnsafeMutableRawPointer) {
    let timersSize = count * MemoryLayout<CPUTimer>.stride
    let recordsSize = count * MemoryLayout<Record>.stride
    let (timers, records, slots) = unsafe (
      memory.assumingMemoryBound(to: CPUTimer.self),
      (memory + timersSize).assumingMemoryBound(to: Record.self),
      (memory + timersSize + recordsSize).assumingMemoryBound(to: TimeoutQueue.Slot.self)
    )
    for cpu in 0..<count {
      unsafe (records + cpu).initialize(
        to: Guarded(
          CPUTimer(
            timeouts: TimeoutQueue(
              in: UnsafeMutableBufferPointer(start: slots + cpu * capacity, count: capacity),
              of: UInt32(cpu))),
          level: .timeouts, in: timers + cpu))
    }
    unsafe self.records = UnsafePointer(records)
    self.count = count
  }

  /// The timer of a CPU.
  subscript(_ cpu: UInt32) -> Record {
    @inline(__always) unsafeAddress {
      precondition(cpu < count, "no such CPU has a timer")
      return unsafe records + Int(truncatingIfNeeded: cpu)
    }
  }

  /// The number of a CPU that holds the lock of a timer at the moment, nil if all are free.
  public var lockHolder: UInt32? {
    for cpu in 0..<UInt32(count) {
      if let holder = self[cpu].holderNumber { return holder }
    }
    return nil
  }
}

/// Identifies one timeout for `TickService.cancel`; it does not match a later timeout in the same
/// slot.
public struct TimeoutHandle: Equatable, Sendable {
  /// The CPU that serves the timeout.
  let cpu: UInt32
  /// Its slot in this CPU's queue.
  let slot: UInt32
  /// The slot's generation.
  let generation: UInt32
}
