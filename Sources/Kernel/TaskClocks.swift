// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import TickHandler
  import UserSpace
  import VdsoModule
  import VmRegion

  /// What is counted of one task: its time on a CPU, and its process's own page of [vvar] while that
  /// has one thread.
  struct TaskClock {
    var time = RunTime()
    var ticks = TickCounts()
    var own: OwnPageWriter<ARMv7A>?
    /// What threads of its process have used that have ended, while `own` is there.
    var ended = RunTime()
  }

  // SAFETY: the variables are written at boot; a task's clock is touched by the CPU that runs it or
  // switches to it only, with interrupts masked or by the task itself.
  /// How long each task has had a CPU, from what the scheduler counts, and what of it programs read in
  /// their own page. The clock of a program's task is of when it was given its CPU; those of others catch
  /// up when somebody asks.
  enum TaskClocks {
    // SAFETY: see above.
    nonisolated(unsafe) private static var storage: UnsafeMutablePointer<TaskClock>?
    nonisolated(unsafe) private static var scales: UnsafePointer<ClockScale>?

    private static var clocks: UnsafeMutablePointer<TaskClock> {
      @inline(__always) get { unsafe storage.unsafelyUnwrapped }
    }

    private static var scale: ClockScale {
      @inline(__always) unsafeAddress { unsafe scales.unsafelyUnwrapped }
    }

    private static var running: UnsafeMutablePointer<TaskClock> {
      @inline(__always) get { unsafe clocks + Int(ARMv7A.runningTask) }
    }

    /// Takes memory, for ever, that has room for each task's clock and for a copy of the scale.
    static func install(
      _ memory: UnsafeMutablePointer<TaskClock>, _ scale: ClockScale,
      in scaleMemory: UnsafeMutablePointer<ClockScale>
    ) {
      // SAFETY: as many clocks as there are stacks.
      unsafe memory.initialize(repeating: TaskClock(), count: Int(KernelMap.stackCount))
      unsafe storage = memory
      unsafe scaleMemory.initialize(to: scale)
      unsafe scales = UnsafePointer(scaleMemory)
    }

    /// A program's task is given a CPU at `since`; it had had `ran` counts. Interrupts are masked.
    static func given(_ task: UInt32, ran: UInt64, since: UInt64) {
      let clock = unsafe clocks + Int(truncatingIfNeeded: task)
      unsafe clock.pointee.time.catchUp(ran, since: since, scale)
      if let own = unsafe clock.pointee.own {
        unsafe own.publish(
          clock.pointee.time, ended: clock.pointee.ended, scale, processor: ARMv7A.number)
      }
    }

    /// How long the running task has had a CPU. A reader that comes here because its page
    /// is a second old finds it fresh the next time.
    @inline(__always)
    static var runTime: Timespec {
      unsafe running.pointee.time.time(at: GenericTimer.read(), on: GenericTimer.self, scale)
        ?? refreshed()
    }

    /// How long a task has had a CPU, up to now.
    static func time(of task: UInt32) -> Timespec { current(task).time(scale) }

    /// A tick came while the running task was in its program, or was not.
    @inline(__always)
    static func tick(isInProgram: Bool) {
      let ticks = unsafe running
      // Wrapping: see `TickCounts`.
      if isInProgram {
        unsafe ticks.pointee.ticks.user &+= 1
      } else {
        unsafe ticks.pointee.ticks.system &+= 1
      }
    }

    /// How many ticks found a task.
    static func ticks(of task: UInt32) -> TickCounts { unsafe clocks[Int(task)].ticks }

    /// Begins to count for a new task, or for the running one, which becomes a program's.
    static func reset(_ task: UInt32) {
      unsafe clocks[Int(task)].own = nil
      unsafe clocks[Int(task)].ended = RunTime()
      unsafe clocks[Int(task)].ticks = TickCounts()
      unsafe clocks[Int(task)].time = task == ARMv7A.runningTask ? current(task) : RunTime()
    }

    /// Adds the time that a task has had a CPU, up to now.
    static func addTime(of task: UInt32, to sum: inout RunTime) { sum.add(current(task), scale) }

    /// A task's clock up to now, with the point of now if the task runs.
    @inline(never)
    private static func current(_ task: UInt32) -> RunTime {
      var time = RunTime()
      Machine.shared.scheduler.withTask(TaskNumber(rawValue: task)) { isRunning, ran, since in
        unsafe time = clocks[Int(task)].time
        time.catchUp(ran, since: since, scale)
        if isRunning { time.advance(to: GenericTimer.read(), on: GenericTimer.self, scale) }
      }
      return time
    }

    /// A sum of such times.
    static func time(_ sum: RunTime) -> Timespec { sum.time(scale) }

    /// Makes the page of the process the task's own: it has no other thread. The task runs, or has
    /// never run.
    static func openOwnPage(
      of process: UnsafeMutablePointer<Process<KernelPlatform>>, _ task: UInt32, thread: UInt32
    ) {
      guard let mapping = unsafe process.pointee.vdsoMapping else { return }
      let clock = unsafe clocks + Int(task)
      // A switch to the task writes the page, too.
      let interrupts = ARMv7A.maskInterrupts()
      // SAFETY: the frame is the process's until its page is closed.
      let own = unsafe OwnPageWriter<ARMv7A>(
        page: LinearMap.pointer(to: mapping.ownFrame), process.pointee.ownPageIdentity(thread))
      unsafe clock.pointee.ended = process.pointee.endedTime
      unsafe own.open(
        clock.pointee.time, ended: clock.pointee.ended, scale, processor: ARMv7A.number)
      unsafe clock.pointee.own = own
      ARMv7A.restoreInterrupts(interrupts)
    }

    /// Sends readers of the task's own page to the kernel, and writes it no more.
    static func closeOwnPage(of task: UInt32) {
      guard let own = unsafe clocks[Int(task)].own else { return }
      unsafe clocks[Int(task)].own = nil  // First: no switch writes it any more.
      own.close()
    }

    /// Brings the running task's point up to now, and gives it.
    @inline(never)
    private static func refreshed() -> Timespec {
      let clock = unsafe running
      // Another CPU may add it up (`addTime`).
      Machine.shared.scheduler.withTask(Machine.shared.scheduler.current) { _, ran, since in
        unsafe clock.pointee.time.catchUp(ran, since: since, scale)
        unsafe clock.pointee.time.advance(
          to: GenericTimer.read(), on: GenericTimer.self, scale)
        if let own = unsafe clock.pointee.own {
          unsafe own.open(
            clock.pointee.time, ended: clock.pointee.ended, scale, processor: ARMv7A.number)
        }
      }
      return unsafe clock.pointee.time.time(scale)
    }
  }
#endif
