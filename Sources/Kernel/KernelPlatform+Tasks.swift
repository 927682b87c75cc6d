// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import PortARMv7AAssembly
  import RTOSCore
  import TickHandler
  import UserSpace
  import VmRegion

  // SAFETY: a task's owner word is the address of its thread, which never moves; a process record
  // lives as long as it has a thread.
  /// User threads as tasks of the scheduler.
  extension KernelPlatform {
    static var task: UInt32 { ARMv7A.runningTask }

    static var thread: UnsafeMutablePointer<Thread<KernelPlatform>> {
      @inline(__always) get {
        unsafe UnsafeMutablePointer(bitPattern: UInt(ARMv7A.runningOwner)).unsafelyUnwrapped
      }
    }

    static var process: UnsafeMutablePointer<Process<KernelPlatform>> {
      @inline(__always) get { unsafe thread.pointee.process.unsafelyUnwrapped }
    }

    static func callArea(of task: UInt32) -> UnsafeMutablePointer<CallArea<KernelPlatform>> {
      // SAFETY: the address has the layout of `port_call_area` and lives as long as the task's
      // stack.
      unsafe UnsafeMutablePointer(bitPattern: UInt(KernelMap.callArea(of: task))).unsafelyUnwrapped
    }

    @inline(never)
    static func wait(until deadline: UInt64) {
      guard deadline != .max else { return KernelEntry.around { Machine.shared.scheduler.block() } }
      guard Machine.shared.ticks.timekeeper.monotonicNanoseconds() < deadline else { return }
      do {
        let handle = try Machine.shared.ticks.schedule(at: deadline, token: task)
        KernelEntry.around { Machine.shared.scheduler.block() }
        _ = Machine.shared.ticks.cancel(handle)
      } catch {
        // Each task has a slot in the queue; should it ever be full, the wait polls at each tick.
        yield()
      }
    }

    @inline(never)
    static func sleep(until deadline: UInt64) {
      while Machine.shared.ticks.timekeeper.monotonicNanoseconds() < deadline,
        unsafe !thread.pointee.isInterrupted
      {
        wait(until: deadline)
      }
    }

    @inline(never)
    static func yield() { KernelEntry.around { Machine.shared.scheduler.yield() } }

    static func enterKernel() { KernelEntry.enter() }

    static func leaveKernel() { KernelEntry.leave() }

    static func collectTasks() { KernelTask.sweep() }

    @inline(never)
    static func wake(_ task: UInt32) { Machine.shared.scheduler.wake(TaskNumber(rawValue: task)) }

    @inline(never)
    static func attend(_ task: UInt32) {
      Machine.shared.scheduler.attend(TaskNumber(rawValue: task))
    }

    static func scheduleTimer(_ number: UInt32, at deadline: UInt64) -> TimeoutHandle? {
      do {
        return try Machine.shared.ticks.schedule(at: deadline, token: Machine.firstTimer | number)
      } catch {
        return nil
      }
    }

    static func cancelTimer(_ handle: TimeoutHandle) { _ = Machine.shared.ticks.cancel(handle) }

    static func watchProcessorTime(_ isWanted: Bool) { unsafe watchesProcessorTime = isWanted }

    static func makeTask(
      _ frame: borrowing TrapFrame, threadPointer: UInt32, _ scheduling: Scheduling
    ) throws(Errno) -> UInt32 {
      KernelTask.sweep()
      var registers = copy frame
      do throws(KernelTaskError) {
        let task = try KernelTask.create(
          priority: level(scheduling.policy, scheduling.priority),
          affinity: CpuMask(rawValue: affinity(of: Self.task))
        ) { top in
          // SAFETY: `TrapFrame` has the layout that the vectors store.
          unsafe withUnsafePointer(to: &registers) { pointer in
            unsafe ARMv7A.prepareUserStack(
              top: top, frame: UnsafeRawPointer(pointer), threadPointer: threadPointer)
          }
        }
        setOwner(of: task)
        if scheduling.policy == .fifo {
          do throws(TaskError) {
            try Machine.shared.scheduler.setPolicy(.fifo, of: task)
          } catch {}  // The task was made just now, so it exists.
        }
        return task.rawValue
      } catch {
        throw error == .tableFull ? .tryAgain : .outOfMemory
      }
    }

    static func openOwnPage(
      of process: UnsafeMutablePointer<Process<KernelPlatform>>, _ task: UInt32, thread: UInt32
    ) { unsafe TaskClocks.openOwnPage(of: process, task, thread: thread) }

    static func closeOwnPage(of task: UInt32) { TaskClocks.closeOwnPage(of: task) }

    /// Gives the task the address of its thread as owner word, and resets its CPU time.
    static func setOwner(of task: TaskNumber) {
      TaskClocks.reset(task.rawValue)
      let thread = unsafe UInt(bitPattern: processes.thread(of: task.rawValue))
      Machine.shared.scheduler.setOwner(UInt32(thread), of: task)
    }

    /// The scheduler's level of a Linux priority. LiteOS's user priorities are 10 to 31: real-time
    /// 1 to 99 maps to 19 to 11, idle to 30, all others to 20.
    private static func level(_ policy: SchedulingPolicy, _ priority: UInt8) -> Priority {
      Priority(
        rawValue: policy.isRealTime ? 19 - (priority - 1) * 2 / 22 : policy == .idle ? 30 : 20)
        ?? .user
    }

    static func schedule(_ task: UInt32, _ policy: SchedulingPolicy, priority: UInt8) {
      let number = TaskNumber(rawValue: task)
      KernelEntry.around {
        do throws(TaskError) {
          try Machine.shared.scheduler.setPolicy(
            policy == .fifo ? .fifo : .roundRobin, of: number)
          try Machine.shared.scheduler.setPriority(level(policy, priority), of: number)
        } catch {}  // The task has ended meanwhile.
      }
    }

    static var processors: UInt32 { Machine.shared.scheduler.processors.rawValue }

    static func affinity(of task: UInt32) -> UInt32 {
      Machine.shared.scheduler.affinity(of: TaskNumber(rawValue: task)).rawValue
    }

    static func setAffinity(_ mask: UInt32, of task: UInt32) {
      KernelEntry.around {
        do throws(TaskError) {
          try Machine.shared.scheduler.setAffinity(
            CpuMask(rawValue: mask), of: TaskNumber(rawValue: task))
        } catch {}  // The task has ended meanwhile.
      }
    }

    static func discardTask(_ task: UInt32) { KernelTask.discard(TaskNumber(rawValue: task)) }

    static func start(_ task: UInt32, in process: UnsafeMutablePointer<Process<KernelPlatform>>) {
      let number = TaskNumber(rawValue: task)
      unsafe Machine.shared.scheduler.setAddressSpace(encoding(of: process), of: number)
      Machine.shared.scheduler.wake(number)
    }

    static func endTask() {
      // The next holder of the kernel lock may free this address space.
      if KernelEntry.isHeld { unsafe activate(nil) }
      Machine.shared.scheduler.exitAndWait()
    }

    static func makeTable(_ pool: KernelFrames) throws(MemoryError) -> KernelTable {
      try KernelTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 0))
    }

    static func activate(_ process: UnsafeMutablePointer<Process<KernelPlatform>>?) {
      let space = unsafe process.map { unsafe encoding(of: $0) } ?? 0
      Machine.shared.scheduler.setAddressSpace(space, of: Machine.shared.scheduler.current)
    }

    /// The address space of a process in the port's encoding. Table and identifier keep their
    /// addresses until no task has them active.
    private static func encoding(
      of process: UnsafeMutablePointer<Process<KernelPlatform>>
    ) -> UInt64 {
      unsafe withUnsafeMutablePointer(to: &process.pointee.space.table.identifier) { place in
        unsafe ARMv7A.encode(root: process.pointee.space.table.rootAddress, identifier: place)
      }
    }

    static func resetRegisters() { port_reset_user() }

    // SAFETY: for both functions, the caller passes the address of 65 words, aligned to 4.
    static func storeFloats(to words: UnsafeMutableRawPointer) { unsafe port_store_floats(words) }

    static func loadFloats(from words: UnsafeRawPointer) { unsafe port_load_floats(words) }

    static var threadPointer: UInt32 { port_tls() }

    static func setThreadPointer(_ value: UInt32) { port_set_tls(value) }

    static var contextSwitches: UInt32 { Machine.shared.scheduler.switchCount }
  }
#endif
