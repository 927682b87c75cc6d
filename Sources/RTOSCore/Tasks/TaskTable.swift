// SPDX-License-Identifier: Apache-2.0
/// A task and where its record stands: what the ways that are taken most work with, so that the place is
/// not worked out of the number each time.
@safe struct TaskPlace {
  /// The task's number.
  let number: UInt32
  private let place: UnsafeMutablePointer<TaskRecord>

  // SAFETY: the place is one of the table, which lives for ever.
  fileprivate init(_ number: UInt32, _ place: UnsafeMutablePointer<TaskRecord>) {
    self.number = number
    unsafe self.place = place
  }

  /// The record.
  var record: TaskRecord {
    // SAFETY: the place is one of the table; the scheduler's lock makes it the only access.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place) }
    // SAFETY: likewise.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place }
  }

  /// Where the stack pointer is kept: the first field of the record.
  var savedStack: UnsafeMutablePointer<UInt32> {
    // SAFETY: a struct's first field stands at the struct's address.
    @inline(__always) get {
      unsafe UnsafeMutableRawPointer(place).assumingMemoryBound(to: UInt32.self)
    }
  }
}

/// The records of all tasks, by number, in memory that was handed in and lives for ever.
@safe struct TaskTable {
  private let base: UnsafeMutablePointer<TaskRecord>
  /// How many there are.
  let count: UInt32

  /// `records` are initialised.
  init(_ records: UnsafeMutableBufferPointer<TaskRecord>) {
    guard let start = records.baseAddress else {
      preconditionFailure("a task table without memory")
    }
    // SAFETY: the caller hands in initialised memory for ever.
    unsafe base = start
    count = UInt32(records.count)
  }

  /// A task's record. Numbers that come from outside are checked before (`contains`).
  subscript(_ task: UInt32) -> TaskRecord {
    // SAFETY: task numbers inside of the scheduler are places in the table.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(place(of: task)) }
    // SAFETY: likewise; the scheduler's lock makes it the only access.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe place(of: task) }
  }

  /// Numbers are below 2^31, so that nothing is cut.
  @inline(__always)
  private func place(of task: UInt32) -> UnsafeMutablePointer<TaskRecord> {
    // SAFETY: see the subscript.
    unsafe base + Int(truncatingIfNeeded: task)
  }

  /// A task's record for several steps with it, found once.
  // SAFETY: task numbers inside of the scheduler are places in the table.
  @inline(__always)
  func find(_ task: UInt32) -> TaskPlace { unsafe TaskPlace(task, place(of: task)) }

  /// The heap of timeouts through these records.
  func makeTimeouts() -> TimeoutHeap<TaskRecord> {
    // SAFETY: the records live for ever.
    unsafe TimeoutHeap(nodes: base)
  }

  /// True for the number of a task that is there.
  func contains(_ task: UInt32) -> Bool { task < count && self[task].state != .free }
}
