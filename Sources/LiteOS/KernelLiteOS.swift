// SPDX-License-Identifier: Apache-2.0
// Module LiteOS: the C names of liteos.h and their implementation. A kernel with C code links it;
// it is the only module that exports C names to C code, and Swift calls none of them.
//
// Parts: the services of the interface on this kernel (this file), the functions that the kernel
// calls (LiteOSHooks), and the C functions by subject (*Calls).
//
// It must not: name a port or a board. No module may import it, because the compiler would emit its
// module-init entry again.
import Kernel
import RTOSCore
import System
import VmRegion

typealias LiteOSServices = RTOSCore.LiteOS<KernelLiteOS>
typealias KernelTimers = SoftwareTimers<KernelCPU, KernelContext>

// SAFETY: stacks are their tasks' own. The variables are written once, at module init, before an
// interrupt or a task of C code reads them; what they point to is never freed.
/// Implements what the LiteOS interface requires of the machine.
enum KernelLiteOS: LiteOSPlatform {
  typealias CPU = KernelCPU
  typealias Context = KernelContext

  // SAFETY: written once, at module init, before C code runs.
  nonisolated(unsafe) private static var installed: LiteOSServices?

  /// The LiteOS services. Must not be used before `start`.
  static var services: LiteOSServices {
    @inline(__always) get { unsafe installed.unsafelyUnwrapped }
  }

  private static let (semaphoreCount, queueCount, timerCount) = (64, 32, 1100)
  private static let handlerCount = 16
  private static let poolSize = 64 * 1024

  /// Makes the tables, from frames that are never freed, and the timer task. Called at module
  /// init, with interrupts masked.
  ///
  /// It locks the preemption of the boot's task, the idle task later: so no C code that module
  /// init starts runs before the boot is over. The idle loop gives up the CPU all the same.
  static func start() {
    let memory = KernelMemory()
    unsafe KernelArchitecture.system.interrupts.addRecords(
      memory.table(handlerCount, InterruptHandlerRecord()))
    let taskCount = Int(KernelArchitecture.stackCount)
    let timers = unsafe KernelTimers(
      state: memory.guarded(
        KernelTimers.State(
          records: memory.table(timerCount, TimerRecord())), level: .timers),
      scheduler: KernelArchitecture.system.scheduler)
    let pool = unsafe memory.allocate(poolSize)
    guard
      let pool = unsafe MemoryPool(
        in: UnsafeMutableRawBufferPointer(start: pool, count: poolSize))
    else { preconditionFailure("no pool for the queues") }
    let anyQueue = unsafe MessageQueue(capacity: 1, messageSize: 1, in: memory.allocate(8))
    let state = unsafe memory.one(
      LiteOSServices.State(
        tasks: memory.table(taskCount, LiteOSTaskSlot()),
        semaphores: memory.table(semaphoreCount, ObjectSlot(Semaphore(count: 0))),
        queues: memory.table(queueCount, ObjectSlot(anyQueue)),
        timerCount: UInt32(timerCount), pool: pool))
    let services = unsafe LiteOSServices(KernelArchitecture.system.scheduler, timers, state: state)
    unsafe installed = services
    services.setSystem(KernelArchitecture.system.scheduler.current)
    KernelArchitecture.system.scheduler.lockPreemption()
    startTimers()
    KernelWork.start(memory)
    KernelSystem.setHooks(LiteOSHooks.all)
  }

  /// Starts the timer task, which has the highest priority.
  private static func startTimers() {
    let task = makeServer(priority: 0) { _ in
      KernelArchitecture.system.scheduler.didStart()
      KernelInterrupts.enableInterrupts()
      KernelLiteOS.services.serveTimers()
    }
    services.setSystem(task)
    KernelArchitecture.system.scheduler.wake(task)
  }

  /// Makes a blocked task that runs `entry`, which never returns. Called at module init, when the
  /// task table has room.
  static func makeServer(
    priority: UInt8, entry: @convention(c) (UInt32) -> Void
  ) -> TaskNumber {
    do throws(KernelTaskError) {
      guard let priority = Priority(rawValue: priority) else { throw .tableFull }
      return try KernelTasks.create(Urgency(priority)) { top, _ in
        KernelContext.prepareStack(top: top, entry: entry, argument: 0)
      }
    } catch {
      preconditionFailure("no task for a service of C code")
    }
  }

  static var stackSize: UInt32 { UInt32(KernelArchitecture.stackSize) }

  static func makeTask(_ priority: Priority) -> LiteOSTask {
    let task: TaskNumber
    do throws(KernelTaskError) {
      task = try KernelTasks.create(Urgency(priority)) { top, number in
        unsafe StackWatermark.fill(
          KernelArchitecture.stack(of: number), byteCount: Int(stackSize))
        return KernelContext.prepareStack(
          top: top, entry: { KernelLiteOS.services.run(TaskNumber(rawValue: $0)) },
          argument: number.rawValue)
      }
    } catch {
      return error == .tableFull ? .tableFull : .noMemory
    }
    do throws(TaskError) {
      try unsafe KernelArchitecture.system.scheduler.setStack(
        KernelArchitecture.stack(of: task), byteCount: stackSize, of: task)
    } catch {
      preconditionFailure("a new task is not there")
    }
    return .made(task)
  }

  static func enableInterrupts() { KernelInterrupts.enableInterrupts() }

  static var interrupts: KernelSystem.Interrupts {
    @inline(__always) get { KernelArchitecture.system.interrupts }
  }
}

// SAFETY: a block of frames is contiguous in the linear map, and is handed out once.
/// Memory that is allocated at module init and never freed.
struct KernelMemory {
  /// Allocates at least `byteCount` zeroed bytes.
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    var order = 0
    while 4096 << order < byteCount { order += 1 }
    do {
      let frame = try KernelArchitecture.system.frames.allocateCold(order: order, zeroed: true)
      return unsafe KernelArchitecture.address(of: frame)
    } catch {
      preconditionFailure("no memory for the tables of C code")
    }
  }

  /// Allocates and initialises one value.
  func one<Value: ~Copyable>(_ value: consuming Value) -> UnsafeMutablePointer<Value> {
    let place = unsafe allocate(MemoryLayout<Value>.stride).bindMemory(
      to: Value.self, capacity: 1)
    unsafe place.initialize(to: value)
    return unsafe place
  }

  /// Allocates and initialises one value that a lock protects.
  func guarded<Value: ~Copyable>(
    _ value: consuming Value, level: LockLevel
  ) -> UnsafePointer<Guarded<KernelCPU, Value>> {
    let place = unsafe allocate(MemoryLayout<Value>.stride).bindMemory(
      to: Value.self, capacity: 1)
    return unsafe UnsafePointer(one(Guarded(value, level: level, in: place)))
  }

  /// Allocates an array of `count` copies of a value.
  func table<Value>(_ count: Int, _ value: Value) -> UnsafeMutableBufferPointer<Value> {
    let row = unsafe UnsafeMutableBufferPointer(
      start: allocate(MemoryLayout<Value>.stride * count).bindMemory(
        to: Value.self, capacity: count),
      count: count)
    unsafe row.initialize(repeating: value)
    return unsafe row
  }
}
