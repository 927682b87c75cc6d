// SPDX-License-Identifier: Apache-2.0
/// A task's number with the address of its record, so that hot paths need not recompute it.
@safe struct TaskReference {
  /// The task's number.
  let number: TaskNumber
  private let address: UnsafeMutablePointer<TaskRecord>

  // SAFETY: the address is that of a record in the table, which is permanent.
  fileprivate init(_ number: TaskNumber, _ address: UnsafeMutablePointer<TaskRecord>) {
    self.number = number
    unsafe self.address = address
  }

  /// The task's record.
  var record: TaskRecord {
    // SAFETY: the address is in the table; the scheduler's lock makes this the only access.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address) }
    // SAFETY: the address is in the table; the scheduler's lock makes this the only access.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe address }
  }

  /// The address of the saved stack pointer: the first field of the record.
  var savedStack: UnsafeMutablePointer<KernelAddress> {
    // SAFETY: the first field of a struct has the struct's address.
    @inline(__always) get {
      unsafe UnsafeMutableRawPointer(address).assumingMemoryBound(to: KernelAddress.self)
    }
  }
}

/// The records of all tasks, by number.
typealias TaskTable = PermanentTable<TaskNumber, TaskRecord>

extension PermanentTable<TaskNumber, TaskRecord> {
  /// Looks up a task's record once, for several steps with it.
  // SAFETY: task numbers inside the scheduler are valid indexes of the table.
  @inline(__always)
  func find(_ task: TaskNumber) -> TaskReference { unsafe TaskReference(task, address(of: task)) }

  /// Creates the heap of timeouts, whose links are in these records.
  func makeTimeouts() -> TimeoutHeap<TaskRecord> {
    // SAFETY: the records are never freed.
    unsafe TimeoutHeap(nodes: address(of: TaskNumber(rawValue: 0)))
  }

  /// True when a task with this number exists.
  func contains(_ task: TaskNumber) -> Bool { task.rawValue < count && self[task].state != .free }
}
