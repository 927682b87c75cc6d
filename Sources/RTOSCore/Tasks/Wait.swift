// SPDX-License-Identifier: Apache-2.0
/// What a blocked task waits for, with what the task or interrupt that ends the wait needs.
enum Wait {
  /// A wait that needs nothing else.
  case plain(PlainWait)
  /// The end of the task with this number.
  case join(TaskNumber)
  /// A mutex, to be locked `depth` times; if its owner did not die, the wait ends with `outcome`.
  case mutex(ObjectHandle<Mutex>, depth: UInt32, outcome: WaitOutcome)
  /// A mutex that another task gives away (`Scheduler.setOwner`), or a call of `Scheduler.wake`.
  case proxy(ObjectHandle<Mutex>)
  /// A condition variable; then the mutex is locked again, `depth` times.
  case condition(ObjectHandle<Mutex>, depth: UInt32)
  case event(WantedEvents)
  /// A message, which is copied to this buffer.
  case message(MessageBuffer)
  /// Room for this message.
  case queueSpace(Message)
  case writing(ObjectHandle<ReadWriteLock>)
  /// The end of the work item with this ticket.
  case workEnded(ticket: UInt32)
  /// The same, of an item that must not run again.
  case workCancelled(ticket: UInt32)
  /// The end of all work up to this ticket.
  case workFlushed(ticket: UInt32)

  /// The ticket of the work item whose end it waits for; nil for other waits.
  var ticket: UInt32? {
    switch self {
    case .workEnded(let ticket), .workCancelled(let ticket), .workFlushed(let ticket): ticket
    default: nil
    }
  }

  /// The kind of the wait.
  var kind: WaitKind {
    @inline(never) get {
      switch self {
      case .plain(let wait): WaitKind(wait)
      case .join: .join
      case .mutex, .proxy: .mutex
      case .condition: .condition
      case .event: .event
      case .message: .message
      case .queueSpace: .queueSpace
      case .writing: .writing
      case .workEnded, .workCancelled, .workFlushed: .workEnd
      }
    }
  }
}

/// A wait of which only the kind and the queue matter to the task or interrupt that ends it.
enum PlainWait: UInt8 {
  /// For a call of `Scheduler.wake`.
  case wake
  case delay
  case semaphore
  case completion
  case reading
  /// For the next period of a task with a deadline.
  case period
  /// Of a worker, for work to do.
  case work
  /// For the exit of the worker.
  case workClosed
}

/// The kind of a wait: its number in a trace and its name in /proc/tasks.
enum WaitKind: UInt8 {
  case wake
  case delay
  case semaphore
  case completion
  case reading
  case period
  case work
  case workEnd
  case join
  case mutex
  case condition
  case event
  case message
  case queueSpace
  case writing

  /// The kind of a plain wait.
  init(_ wait: PlainWait) {
    switch wait {
    case .wake: self = .wake
    case .delay: self = .delay
    case .semaphore: self = .semaphore
    case .completion: self = .completion
    case .reading: self = .reading
    case .period: self = .period
    case .work: self = .work
    case .workClosed: self = .workEnd
    }
  }

  /// The name in /proc/tasks and in a trace.
  var name: StaticString {
    switch self {
    case .wake: "event"
    case .delay: "delay"
    case .join: "join"
    case .semaphore: "semaphore"
    case .mutex: "mutex"
    case .condition: "condition"
    case .event: "flags"
    case .message: "message"
    case .queueSpace: "room"
    case .completion: "completion"
    case .reading: "read"
    case .writing: "write"
    case .period: "period"
    case .work: "work"
    case .workEnd: "done"
    }
  }
}

/// How a wait ended.
public enum WaitOutcome: UInt8, Sendable {
  /// The task received what it waited for.
  case satisfied
  /// The timeout expired first.
  case timedOut
  /// The object was deleted.
  case deleted
  /// The task owns the mutex, whose last owner died while holding it.
  case ownerDied
  /// The mutex is permanently unusable: the owner after a dead one did not repair what it protects.
  case notRecoverable
}
