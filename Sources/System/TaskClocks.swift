// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VdsoModule
import VmRegion

/// The accounting of one task: its CPU time, and its process's vvar page while it is the only
/// thread.
public struct TaskClock<CPU: Processor> {
  var time = CPUTime()
  var ticks = TickCounts()
  var page: ProcessPageWriter<CPU>?
  /// CPU time of the process's threads that have ended, while `page` is set.
  var ended = CPUTime()
}

// SAFETY: a task's clock is changed only by the CPU that runs the task or switches to it, with
// interrupts masked, or by the task itself; the memory has a clock for each task.
/// CPU time per task, from the scheduler's counts, and the copy that a single-threaded process
/// reads from its vvar page. User tasks are brought up to date when they are switched in, kernel
/// tasks on demand.
public enum TaskClocks<A: Architecture> {
  private static var running: RecordReference<TaskClock<A.CPU>> {
    @inline(__always) get { clock(of: A.system.scheduler.current) }
  }

  // SAFETY: there is a clock for each task, in memory that is never freed.
  @inline(__always)
  private static func clock(of task: TaskNumber) -> RecordReference<TaskClock<A.CPU>> {
    unsafe RecordReference(at: A.system.clocks + task.index)
  }

  /// Brings a user task's clock up to date when it is switched in at counter `since`, after it
  /// ran for `ran` counts in all. Interrupts are masked.
  static func switchIn(_ task: TaskNumber, ran: UInt64, since: UInt64) {
    let clock = clock(of: task)
    let isNew = clock.pointee.time.catchUp(ran, since: since, A.system.scale)
    guard let own = clock.pointee.page else { return }
    own.resume(from: clock.pointee.time.counter, processor: A.CPU.number)
    if isNew {
      own.publish(clock.pointee.time, ended: clock.pointee.ended, A.system.scale)
    }
  }

  /// The running task's CPU time. After a second without an update the clock is refreshed, so
  /// that the next read in user mode is served by the page.
  @inline(__always)
  static var runTime: Timespec {
    running.pointee.time.time(at: A.Clock.read(), on: A.Clock.self, A.system.scale)
      ?? refreshed()
  }

  /// A task's CPU time up to now.
  static func time(of task: TaskNumber) -> Timespec { current(task).time(A.system.scale) }

  /// Counts a tick that interrupted the running task in user mode, or in the kernel.
  @inline(__always)
  static func tick(isInProgram: Bool) {
    let ticks = running
    // Wrapping: after 49 days of CPU time at 1000 Hz.
    if isInProgram {
      ticks.pointee.ticks.user &+= 1
    } else {
      ticks.pointee.ticks.system &+= 1
    }
  }

  /// The number of ticks that interrupted a task, in user mode and in the kernel.
  static func ticks(of task: TaskNumber) -> TickCounts { clock(of: task).pointee.ticks }

  /// Resets the accounting of a new task, or of the running one when it becomes a user task.
  static func reset(_ task: TaskNumber) {
    clock(of: task).pointee.page = nil
    clock(of: task).pointee.ended = CPUTime()
    clock(of: task).pointee.ticks = TickCounts()
    clock(of: task).pointee.time = task == A.system.scheduler.current ? current(task) : CPUTime()
  }

  /// Adds a task's CPU time up to now.
  static func addTime(of task: TaskNumber, to sum: inout CPUTime) {
    sum.add(current(task), A.system.scale)
  }

  /// A task's CPU time up to now; its counter value is the present one if the task runs, else the
  /// one when it was last switched in.
  @inline(never)
  private static func current(_ task: TaskNumber) -> CPUTime {
    var time = CPUTime()
    A.system.scheduler.withTask(task) { isRunning, ran, since in
      time = clock(of: task).pointee.time
      time.catchUp(ran, since: since, A.system.scale)
      time.advance(
        to: isRunning ? A.Clock.read() : since, on: A.Clock.self, A.system.scale)
    }
    return time
  }

  /// Converts a sum of CPU times.
  static func time(_ sum: CPUTime) -> Timespec { sum.time(A.system.scale) }

  /// Opens the process's vvar page for the task, its only thread. The task is the running one, or
  /// has never run.
  static func openProcessPage(
    of process: ProcessReference<UserServices<A>>, _ task: TaskNumber, thread: ThreadID
  ) {
    guard let mapping = process.pointee.vdsoMapping else { return }
    let clock = clock(of: task)
    // Interrupts are masked because a switch to the task writes the page, too.
    let interrupts = A.CPU.maskInterrupts()
    // SAFETY: the process owns the frame until its page is closed.
    let own = unsafe ProcessPageWriter<A.CPU>(
      page: A.Memory.pointer(to: mapping.processPageFrame),
      process.pointee.processPageIdentity(thread))
    clock.pointee.ended = process.pointee.endedTime
    own.open(
      clock.pointee.time, ended: clock.pointee.ended, A.system.scale, processor: A.CPU.number)
    clock.pointee.page = own
    A.CPU.restoreInterrupts(interrupts)
  }

  /// Closes the task's vvar page: readers make a system call, and the kernel no longer writes it.
  static func closeProcessPage(of task: TaskNumber) {
    guard let own = clock(of: task).pointee.page else { return }
    clock(of: task).pointee.page = nil  // First, so that no switch writes the page any more.
    own.close()
  }

  /// Advances the running task's clock to the present, publishes it and returns it.
  @inline(never)
  private static func refreshed() -> Timespec {
    let clock = running
    // The scheduler's lock is needed: another CPU may add the clock up (`addTime`).
    A.system.scheduler.withTask(A.system.scheduler.current) { _, ran, since in
      clock.pointee.time.catchUp(ran, since: since, A.system.scale)
      clock.pointee.time.advance(
        to: A.Clock.read(), on: A.Clock.self, A.system.scale)
      if let own = clock.pointee.page {
        own.open(
          clock.pointee.time, ended: clock.pointee.ended, A.system.scale, processor: A.CPU.number)
      }
    }
    return clock.pointee.time.time(A.system.scale)
  }
}
