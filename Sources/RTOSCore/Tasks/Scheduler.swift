// SAFETY: task numbers come from `claimRecord` and are places in the table, which like the state lives for
// ever and is reached under the lock only.
/// The scheduler: 32 priorities, first in first out within one, O(1) pick.
///
/// One lock guards the records and the queues; it is held across a switch, and the task that
/// comes back from `switchStack` lets it go. It is the innermost lock of the kernel: whoever holds
/// another one may call `wake`, nobody takes another one under it. A task may block only with no
/// lock held. Tasks of a program are preempted when they would return to it; the kernel is not.
@safe public struct Scheduler<CPU: Processor, Context: ContextSwitch> {
  /// What all CPUs share.
  @safe public struct State: ~Copyable {
    let records: UnsafeMutableBufferPointer<TaskRecord>
    var queues = ReadyQueues()
    /// Switches from one task to another, on all CPUs.
    var switches: UInt32 = 0

    /// Nothing is ready; `records` are initialised as free and outlive the scheduler.
    public init(records: UnsafeMutableBufferPointer<TaskRecord>) {
      unsafe self.records = records
    }
  }

  private let state: UnsafePointer<Guarded<CPU, State>>

  /// A handle to the scheduler whose guarded state stands at `state`, for ever.
  public init(state: UnsafePointer<Guarded<CPU, State>>) { unsafe self.state = state }

  /// Context switches since boot.
  public var switchCount: UInt32 { withState { (state: inout State) in state.switches } }

  /// The task that runs on this CPU.
  public var current: TaskNumber { TaskNumber(rawValue: Context.runningTask) }

  /// Makes what runs now, with its stack, a task: the boot code becomes the idle task.
  ///
  /// - Throws: `tableFull`.
  public func adoptCurrent(priority: Priority) throws(TaskError) -> TaskNumber {
    let number = try claimRecord(priority: priority)
    update(number) { $0.state = .running }
    Context.runningTask = number.rawValue
    return number
  }

  /// A new task, blocked until somebody wakes it. `prepareStack` is told its number and returns
  /// the stack pointer to switch to, as `ContextSwitch.prepareStack` laid it out; the task must
  /// call `didStart` first.
  ///
  /// - Throws: `tableFull`; then `prepareStack` was not called.
  public func create(
    priority: Priority, prepareStack: (TaskNumber) -> UInt32
  ) throws(TaskError) -> TaskNumber {
    let number = try claimRecord(priority: priority)
    let stack = prepareStack(number)
    update(number) { $0.savedStack = stack }
    return number
  }

  /// The first thing a new task does: it lets the lock go that its creator's CPU took.
  public func didStart() {
    // SAFETY: the switch that led here holds the lock on this CPU.
    unsafe state.pointee.releaseAfterSwitch()
  }

  /// The address space to activate whenever `task` runs, and now if it runs now.
  public func setAddressSpace(_ addressSpace: UInt64, of task: TaskNumber) {
    update(task) { $0.addressSpace = addressSpace }
    if task == current { Context.activate(addressSpace: addressSpace) }
  }

  /// Stops the current task until `wake`; returns at once if a wake came since the last `block`.
  public func block() {
    withState { (state: inout State) in
      let me = Int(Context.runningTask)
      // SAFETY: the running task is a place in the table.
      if unsafe state.records[me].hasWakePending {
        unsafe state.records[me].hasWakePending = false
      } else {
        unsafe state.records[me].state = .blocked
        Self.switchAway(&state)
      }
    }
  }

  /// Lets a blocked task run again; one that is not blocked yet will not block next time. May be
  /// called from an interrupt.
  public func wake(_ task: TaskNumber) {
    withState { (state: inout State) in
      let place = Int(task.rawValue)
      // SAFETY: task numbers come from `create` and are places in the table; subscripts of the
      // running task likewise.
      switch unsafe state.records[place].state {
      case .blocked:
        unsafe state.records[place].state = .ready
        unsafe state.queues.append(task.rawValue, in: state.records)
        let running = unsafe state.records[Int(Context.runningTask)].priority
        if unsafe state.records[place].priority.rawValue < running.rawValue {
          Context.isRescheduleDue = true
        }
      case .ready, .running:
        unsafe state.records[place].hasWakePending = true
      case .free:
        break
      }
    }
  }

  /// Goes behind all ready tasks of the same priority.
  public func yield() {
    withState { (state: inout State) in Self.requeueAndSwitch(&state) }
  }

  /// Called on the way back to a program when `isRescheduleDue` was set.
  public func reschedule() {
    withState { (state: inout State) in
      Context.isRescheduleDue = false
      Self.requeueAndSwitch(&state)
    }
  }

  /// The idle task's life: gives way to whatever is ready, else waits for an interrupt. `before` and
  /// `after` stand around each wait, with interrupts masked; no handler runs between the wait and
  /// `after`.
  public func idle(before: () -> Void, after: () -> Void) -> Never {
    while true {
      let interrupts = CPU.maskInterrupts()
      if !hasReadyTask {
        before()
        CPU.waitForInterrupt()
        after()
      }
      CPU.restoreInterrupts(interrupts)
      reschedule()
    }
  }

  private var hasReadyTask: Bool {
    withState { (state: inout State) in state.queues.mostUrgent != nil }
  }

  /// Puts the running task behind the others of its priority and switches to the first, if one is
  /// ready that is at least as urgent.
  private static func requeueAndSwitch(_ state: inout State) {
    let me = Context.runningTask
    // SAFETY: the running task is a place in the table.
    let priority = unsafe state.records[Int(me)].priority.rawValue
    guard let urgent = state.queues.mostUrgent, urgent <= priority else { return }
    unsafe state.records[Int(me)].state = .ready
    unsafe state.queues.append(me, in: state.records)
    switchAway(&state)
  }

  /// Gives the CPU to the first ready task. The idle task is always ready or running, so there is
  /// one.
  private static func switchAway(_ state: inout State) {
    let me = Context.runningTask
    guard let next = unsafe state.queues.removeFirst(in: state.records) else {
      preconditionFailure("no task is ready, not even the idle task")
    }
    // SAFETY: both are places in the table, and the table does not move.
    let record = unsafe state.records.baseAddress.unsafelyUnwrapped + Int(next)
    unsafe record.pointee.state = .running
    guard next != me else { return }
    unsafe record.pointee.switches &+= 1  // Wrapping: a statistic.
    state.switches &+= 1  // Wrapping: a statistic.
    Context.runningTask = next
    let addressSpace = unsafe record.pointee.addressSpace
    if addressSpace != 0 { Context.activate(addressSpace: addressSpace) }
    let mine = unsafe state.records.baseAddress.unsafelyUnwrapped + Int(me)
    let saved = unsafe UnsafeMutableRawPointer(mine).assumingMemoryBound(to: UInt32.self)
    unsafe Context.switchStack(saving: saved, to: record.pointee.savedStack)
  }

  /// Takes a free record for a task that is blocked at first.
  private func claimRecord(priority: Priority) throws(TaskError) -> TaskNumber {
    try withState { (state: inout State) throws(TaskError) -> TaskNumber in
      for place in unsafe state.records.indices {
        // SAFETY: `place` is an index of the table.
        guard unsafe state.records[place].state == .free else { continue }
        unsafe state.records[place] = TaskRecord()
        unsafe state.records[place].state = .blocked
        unsafe state.records[place].priority = priority
        return TaskNumber(rawValue: UInt32(place))
      }
      throw .tableFull
    }
  }

  /// Changes one record under the lock.
  private func update(_ task: TaskNumber, _ change: (inout TaskRecord) -> Void) {
    withState { (state: inout State) in
      // Not through the buffer: 6.3.1 cannot compile an inout access behind its optional start
      // for ThreadSanitizer.
      guard let table = unsafe state.records.baseAddress else { return }
      // SAFETY: task numbers come from `claimRecord`.
      unsafe change(&table[Int(task.rawValue)])
    }
  }

  /// Runs `body` on the state with the lock held and interrupts masked.
  private func withState<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the guarded state outlives every handle.
    try unsafe state.pointee.withLock(body)
  }
}
