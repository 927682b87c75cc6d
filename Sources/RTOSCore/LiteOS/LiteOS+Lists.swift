// SPDX-License-Identifier: Apache-2.0
// SAFETY: an object is accessed under the scheduler's lock, while it is in its table.
/// C code's tasks and objects in /proc/tasks.
extension LiteOS {
  /// Writes the name of a task that C code created, cut to 15 characters; nothing for any other.
  /// Bytes outside of printable ASCII become `?`.
  public func writeName(of task: TaskNumber, to sink: inout some TextSink) {
    guard task.rawValue < taskCount, !isThread(task), unsafe state.tasks[task].entry != nil else {
      return
    }
    for place in 0..<15 {
      let byte = UInt8(bitPattern: state.tasks[task].name[place])
      guard byte != 0 else { return }
      sink.put(byte > 0x20 && byte < 0x7f ? byte : UInt8(ascii: "?"))
    }
  }

  /// Writes a line about the object in a slot: first come the slots of the semaphores, then those
  /// of the queues and of the timers. Writes nothing for a free slot.
  ///
  /// - Returns: false if there is no such slot.
  public func writeObject(_ slot: UInt32, to sink: inout some TextSink) -> Bool {
    var slot = slot
    guard slot >= state.semaphores.capacity else {
      writeSemaphore(slot, to: &sink)
      return true
    }
    slot -= state.semaphores.capacity
    guard slot >= state.queues.capacity else {
      writeQueue(slot, to: &sink)
      return true
    }
    slot -= state.queues.capacity
    guard slot < state.timerCount else { return false }
    writeTimer(slot, to: &sink)
    return true
  }

  private func writeSemaphore(_ slot: UInt32, to sink: inout some TextSink) {
    let found: (number: UInt32, count: UInt32, waiting: UInt32)? = scheduler.withState { set in
      guard let number = state.semaphores.number(in: slot), let semaphore = state.semaphores[number]
      else { return nil }
      return (
        number, set[semaphore].count, set.count(set[semaphore].waiters)
      )
    }
    guard let found else { return }
    sink.text("semaphore ")
    sink.decimal(UInt64(found.number))
    sink.text(": count ")
    sink.decimal(UInt64(found.count))
    sink.text(", waiting ")
    sink.decimal(UInt64(found.waiting))
    sink.text("\n")
  }

  private func writeQueue(_ slot: UInt32, to sink: inout some TextSink) {
    let found: (number: UInt32, count: UInt32, capacity: UInt32, waiting: UInt32)? =
      scheduler.withState { set in
        guard let number = state.queues.number(in: slot), let queue = state.queues[number] else {
          return nil
        }
        let waiting = set.count(set[queue].readers)
        return (
          number, set[queue].count, set[queue].capacity,
          waiting + set.count(set[queue].writers)
        )
      }
    guard let found else { return }
    sink.text("queue ")
    sink.decimal(UInt64(found.number))
    sink.text(": messages ")
    sink.decimal(UInt64(found.count))
    sink.text(" of ")
    sink.decimal(UInt64(found.capacity))
    sink.text(", waiting ")
    sink.decimal(UInt64(found.waiting))
    sink.text("\n")
  }

  private func writeTimer(_ number: UInt32, to sink: inout some TextSink) {
    let left: UInt32?
    do throws(TimerError) {
      left = try timers.remaining(TimerNumber(rawValue: number))
    } catch {
      guard error == .notStarted else { return }
      left = nil
    }
    sink.text("timer ")
    sink.decimal(UInt64(number))
    if let left {
      sink.text(": ticks left ")
      sink.decimal(UInt64(left))
    } else {
      sink.text(": stopped")
    }
    sink.text("\n")
  }
}

extension TaskSet {
  /// The number of tasks in a wait queue.
  fileprivate func count(_ queue: WaitQueue) -> UInt32 {
    var (task, count) = (queue.first, UInt32(0))
    while task != TaskRecord.none {
      count += 1
      task = tasks[task].next
    }
    return count
  }
}
