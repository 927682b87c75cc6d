// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: the state stands in memory that was handed in for ever. Tables of objects are reached under
// the scheduler's lock; a task's place by its creator before it runs, and read afterwards.
/// LiteOS' kernel services as its C interface has them: the arguments, the checks and the codes of
/// `liteos.h`. What they do is the scheduler's and the objects'.
///
/// A refused call has changed nothing. The C names themselves belong to the kernel, which alone knows
/// the platform.
@safe public struct LiteOS<Platform: LiteOSPlatform> {
  typealias CPU = Platform.CPU
  typealias Context = Platform.Context

  /// What the interface keeps besides the scheduler's records.
  @safe public struct State: ~Copyable {
    let tasks: UnsafeMutableBufferPointer<LiteOSTaskSlot>
    var semaphores: ObjectTable<Semaphore>
    var queues: ObjectTable<MessageQueue>
    let timerCount: UInt32
    /// Where queues have their messages.
    let pool: MemoryPool
    /// Guards this pool and all that C code makes.
    let poolLock = SpinLock<Platform.CPU>(.pools)

    /// Nothing is there yet. The memory is the state's for ever; there is a place for each record of the
    /// scheduler.
    public init(
      tasks: UnsafeMutableBufferPointer<LiteOSTaskSlot>,
      semaphores: UnsafeMutableBufferPointer<ObjectSlot<Semaphore>>,
      queues: UnsafeMutableBufferPointer<ObjectSlot<MessageQueue>>,
      timerCount: UInt32, pool: MemoryPool
    ) {
      unsafe self.tasks = unsafe tasks
      unsafe self.semaphores = ObjectTable(semaphores)
      unsafe self.queues = ObjectTable(queues)
      self.timerCount = timerCount
      self.pool = pool
    }
  }

  let scheduler: Scheduler<Platform.CPU, Platform.Context>
  let timers: SoftwareTimers<Platform.CPU, Platform.Context>
  private let storage: UnsafeMutablePointer<State>

  /// The interface to a scheduler and its timers, with its state at `storage`, for ever.
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

  /// True while a task of the kernel runs that must not wait for objects: the idle task, or the one that
  /// serves the timers.
  var isSystemTask: Bool {
    unsafe state.tasks[Int(Context.runningTask)].isSystem
  }

  /// Says that a task is one of the kernel's own, which C code must not stop.
  public func setSystem(_ task: TaskNumber) {
    unsafe state.tasks[Int(task.rawValue)].isSystem = true
  }
}

/// What the interface keeps of a task.
@safe public struct LiteOSTaskSlot {
  var entry: TSK_ENTRY_FUNC?
  var arguments: (UInt, UInt, UInt, UInt) = (0, 0, 0, 0)
  /// Ends with a 0.
  var name = InlineArray<32, CChar>(repeating: 0)
  var isSystem = false

  /// No task.
  public init() {}
}
