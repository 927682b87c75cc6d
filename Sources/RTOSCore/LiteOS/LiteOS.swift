// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// LiteOS: the kernel services behind the C functions of `liteos.h`.
//
// Each method implements one `LOS_` function: it checks the arguments in LiteOS' order, calls the
// scheduler or an object, and translates the outcome into LiteOS' code. It adds no mechanism of its
// own. A refused call changes nothing. The C names themselves are in module LiteOS, which knows the
// platform.
//
// The parts, in order: the interface and its state (this file), what it needs of a machine
// (`LiteOSPlatform.swift`), the tables of numbered objects (`ObjectTable.swift`), and an extension
// for each group of functions: tasks, semaphores, mutexes, reader-writer locks, events, queues,
// timers, interrupts and memory.
//
// The object tables are protected by the scheduler's lock, and memory pools by `poolLock`; the two
// are never held together. Calls that can block are refused in interrupts, and most of them in
// system tasks.

// SAFETY: the state's memory is never freed. The scheduler's lock protects the object tables.
/// The LiteOS C interface: checks arguments, calls the scheduler and the objects, and returns the
/// codes of `liteos.h`. A refused call changes nothing.
@safe public struct LiteOS<Platform: LiteOSPlatform> {
  typealias CPU = Platform.CPU
  typealias Context = Platform.Context

  /// The interface's own state, besides the scheduler's records.
  @safe public struct State: ~Copyable {
    let tasks: LiteOSTaskSlots
    var semaphores: ObjectTable<Semaphore>
    var queues: ObjectTable<MessageQueue>
    let timerCount: UInt32
    /// The memory of the queues' messages.
    let pool: MemoryPool
    /// Protects `pool` and every pool and box pool of C code.
    let poolLock = SpinLock<Platform.CPU>(.pools)

    /// A state without objects. The memory is never freed; `tasks` has a slot for each record of
    /// the scheduler.
    public init(
      tasks: UnsafeMutableBufferPointer<LiteOSTaskSlot>,
      semaphores: UnsafeMutableBufferPointer<ObjectSlot<Semaphore>>,
      queues: UnsafeMutableBufferPointer<ObjectSlot<MessageQueue>>,
      timerCount: UInt32, pool: MemoryPool
    ) {
      unsafe self.tasks = LiteOSTaskSlots(tasks)
      unsafe self.semaphores = ObjectTable(semaphores)
      unsafe self.queues = ObjectTable(queues)
      self.timerCount = timerCount
      self.pool = pool
    }
  }

  let scheduler: Scheduler<Platform.CPU, Platform.Context>
  let timers: SoftwareTimers<Platform.CPU, Platform.Context>
  private let storage: UnsafeMutablePointer<State>

  /// The interface to a scheduler and its timers. Its state at `storage` is never freed.
  public init(
    _ scheduler: Scheduler<Platform.CPU, Platform.Context>,
    _ timers: SoftwareTimers<Platform.CPU, Platform.Context>,
    state storage: UnsafeMutablePointer<State>
  ) {
    self.scheduler = scheduler
    self.timers = timers
    unsafe self.storage = storage
  }

  var state: State {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(storage) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe storage }
  }

  /// True in an interrupt.
  var isInInterrupt: Bool { Context.isInInterrupt }

  /// True while the current task is a system task, which must not block on objects: the idle task
  /// or the timer task.
  var isSystemTask: Bool {
    state.tasks[Context.runningTask].isSystem
  }

  /// Marks a task as a system task, which C code cannot suspend, delete or reprioritise.
  public func setSystem(_ task: TaskNumber) {
    state.tasks[task].isSystem = true
  }
}

// SAFETY: `entry` is called as C code declared it.
/// The interface's own data of a task.
@safe public struct LiteOSTaskSlot {
  var entry: TSK_ENTRY_FUNC?
  var arguments: (UInt, UInt, UInt, UInt) = (0, 0, 0, 0)
  /// Ends with a NUL.
  var name = InlineArray<32, CChar>(repeating: 0)
  var isSystem = false

  /// An empty slot.
  public init() {}
}

/// The slots of all tasks, by number. A slot is written by the task's creator before the task runs,
/// and only read afterwards.
typealias LiteOSTaskSlots = PermanentTable<TaskNumber, LiteOSTaskSlot>
