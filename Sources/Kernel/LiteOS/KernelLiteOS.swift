// SPDX-License-Identifier: Apache-2.0
// The LiteOS interface on this machine: in a kernel that is built with C code, which defines LITEOS.
#if hasFeature(Embedded) && LITEOS
  import Board
  import PortARMv7A
  import RTOSCore
  import VmRegion

  typealias KernelServices = LiteOS<KernelLiteOS>
  typealias KernelTimers = SoftwareTimers<KernelCPU, KernelContext>

  // SAFETY: stacks are their tasks' own; the variables are written once, at module init, before an interrupt or a task of C code
  // reads them; what they point to lives for ever.
  /// The machine as the LiteOS interface sees it.
  enum KernelLiteOS: LiteOSPlatform {
    typealias CPU = KernelCPU
    typealias Context = KernelContext

    // SAFETY: see above.
    nonisolated(unsafe) private static var installed: KernelServices?

    /// The interface.
    static var services: KernelServices {
      @inline(__always) get { unsafe installed.unsafelyUnwrapped }
    }

    private static let (semaphoreCount, queueCount, timerCount) = (64, 32, 1100)
    private static let poolSize = 64 * 1024

    /// Makes the tables, from frames that are taken for ever, and the task that serves the timers.
    /// Module init, with interrupts masked.
    static func start() {
      let memory = KernelMemory()
      KernelInterrupts.start(memory)
      let taskCount = Int(KernelMap.stackCount)
      let timers = unsafe KernelTimers(
        state: memory.guarded(
          KernelTimers.State(
            records: memory.table(timerCount, TimerRecord())), level: .timers),
        scheduler: Machine.shared.scheduler)
      let pool = unsafe memory.take(poolSize)
      guard
        let pool = unsafe MemoryPool(
          in: UnsafeMutableRawBufferPointer(start: pool, count: poolSize))
      else { preconditionFailure("no pool for the queues") }
      let anyQueue = unsafe MessageQueue(capacity: 1, messageSize: 1, in: memory.take(8))
      let state = unsafe memory.one(
        KernelServices.State(
          tasks: memory.table(taskCount, LiteOSTaskSlot()),
          semaphores: memory.table(semaphoreCount, ObjectSlot(Semaphore(count: 0))),
          queues: memory.table(queueCount, ObjectSlot(anyQueue)),
          timerCount: UInt32(timerCount), pool: pool))
      let services = unsafe KernelServices(Machine.shared.scheduler, timers, state: state)
      unsafe installed = services
      services.setSystem(Machine.shared.scheduler.current)
      startTimers()
      KernelWork.start(memory)
    }

    /// The most urgent task serves the timers.
    private static func startTimers() {
      let task = makeServer(priority: 0) { _ in
        Machine.shared.scheduler.didStart()
        ARMv7A.enableInterrupts()
        KernelLiteOS.services.serveTimers()
      }
      services.setSystem(task)
      Machine.shared.scheduler.wake(task)
    }

    /// A blocked task that runs `entry`, which never returns. Module init: there is room.
    static func makeServer(
      priority: UInt8, entry: @convention(c) (UInt32) -> Void
    ) -> TaskNumber {
      do throws(KernelTaskError) {
        guard let priority = Priority(rawValue: priority) else { throw .tableFull }
        return try KernelTask.create(priority: priority) { top in
          ARMv7A.prepareStack(top: top, entry: entry, argument: 0)
        }
      } catch {
        preconditionFailure("no task for a service of C code")
      }
    }

    static var stackSize: UInt32 { KernelMap.stackSlot - 0x1000 }

    static func makeTask(_ priority: Priority) -> LiteOSTask {
      let task: TaskNumber
      do throws(KernelTaskError) {
        task = try KernelTask.create(priority: priority) { top in
          let number = (top - 1 - KernelMap.stackBase) / KernelMap.stackSlot
          unsafe StackWatermark.fill(stack(of: number), byteCount: Int(stackSize))
          // The stack's slot says which task it is.
          return ARMv7A.prepareStack(
            top: top, entry: { KernelLiteOS.services.run(task: $0) },
            argument: number)
        }
      } catch {
        return error == .tableFull ? .tableFull : .noMemory
      }
      do throws(TaskError) {
        try unsafe Machine.shared.scheduler.setStack(
          stack(of: task.rawValue), byteCount: stackSize, of: task)
      } catch {
        preconditionFailure("a new task is not there")
      }
      return .made(task)
    }

    /// Where a task's stack begins: behind its guard page.
    private static func stack(of task: UInt32) -> UnsafeMutableRawPointer {
      let base = KernelMap.stackBase + task * KernelMap.stackSlot + 0x1000
      // SAFETY: the task's own pages are mapped there.
      return unsafe UnsafeMutableRawPointer(bitPattern: UInt(base)).unsafelyUnwrapped
    }

    static func enableInterrupts() { ARMv7A.enableInterrupts() }

    static var interrupts: KernelRegistry {
      @inline(__always) get { KernelInterrupts.registry }
    }
  }

  // SAFETY: runs of frames are contiguous in the linear map, and nobody else has them.
  /// Memory that is taken at module init and never given back.
  struct KernelMemory {
    /// At least `byteCount` bytes of 0.
    func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
      var order = 0
      while 4096 << order < byteCount { order += 1 }
      do {
        let frame = try Machine.shared.frames.allocateRarely(order: order, zeroed: true)
        return unsafe LinearMap.pointer(to: frame)
      } catch {
        preconditionFailure("no memory for the tables of C code")
      }
    }

    /// One value.
    func one<Value: ~Copyable>(_ value: consuming Value) -> UnsafeMutablePointer<Value> {
      let place = unsafe take(MemoryLayout<Value>.stride).bindMemory(to: Value.self, capacity: 1)
      unsafe place.initialize(to: value)
      return unsafe place
    }

    /// One value behind a lock.
    func guarded<Value: ~Copyable>(
      _ value: consuming Value, level: LockLevel
    ) -> UnsafePointer<Guarded<KernelCPU, Value>> {
      let place = unsafe take(MemoryLayout<Value>.stride).bindMemory(to: Value.self, capacity: 1)
      return unsafe UnsafePointer(one(Guarded(value, level: level, in: place)))
    }

    /// A row of values.
    func table<Value>(_ count: Int, _ value: Value) -> UnsafeMutableBufferPointer<Value> {
      let row = unsafe UnsafeMutableBufferPointer(
        start: take(MemoryLayout<Value>.stride * count).bindMemory(to: Value.self, capacity: count),
        count: count)
      unsafe row.initialize(repeating: value)
      return unsafe row
    }
  }
#endif
