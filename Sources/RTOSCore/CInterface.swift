// SPDX-License-Identifier: Apache-2.0
/// C functions for tasks, interrupts and module init, under their LiteOS names.
///
/// This module knows neither the port nor the kernel's scheduler, so each function calls through a
/// binding that the kernel installs at boot. Before that, each function fails. This file holds only
/// the functions that the scheduler itself can serve.

/// The implementations that the C functions call.
@safe public struct CoreBinding {
  /// Implements `Scheduler.yield`; returns a LiteOS status.
  public let yield: @convention(c) () -> UInt32
  /// Returns the number of the task that runs on this CPU, as `Scheduler.current`.
  public let currentTask: @convention(c) () -> UInt32
  /// Implements `Processor.maskInterrupts`; returns the raw value of the previous state.
  public let maskInterrupts: @convention(c) () -> UInt32
  /// Implements `Processor.restoreInterrupts`; takes the raw value.
  public let restoreInterrupts: @convention(c) (UInt32) -> Void
  /// The table of module-init entries, in link order.
  fileprivate let entries: UnsafeBufferPointer<ModuleInit.Entry>

  /// Creates a binding. `entries` must stay valid while the binding is installed.
  public init(
    yield: @escaping @convention(c) () -> UInt32,
    currentTask: @escaping @convention(c) () -> UInt32,
    maskInterrupts: @escaping @convention(c) () -> UInt32,
    restoreInterrupts: @escaping @convention(c) (UInt32) -> Void,
    entries: UnsafeBufferPointer<ModuleInit.Entry>
  ) {
    self.yield = yield
    self.currentTask = currentTask
    self.maskInterrupts = maskInterrupts
    self.restoreInterrupts = restoreInterrupts
    // SAFETY: the caller keeps the table alive; only `osInitCall` reads it.
    unsafe self.entries = unsafe entries
  }

  // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
  nonisolated(unsafe) private static var installed: CoreBinding?

  /// Installs the binding that the C functions call; nil removes it (used by tests).
  public static func install(_ binding: CoreBinding?) {
    // SAFETY: called at boot, before a second CPU runs, so nothing reads concurrently.
    unsafe installed = binding
  }

  /// The installed binding; nil before boot installed one.
  fileprivate static var current: CoreBinding? {
    // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
    unsafe installed
  }
}

extension Status {
  /// LiteOS' `LOS_ERRNO_TSK_ID_INVALID`: no task has this number.
  public static let invalidTask = Status(.error, .task, 7)
}

/// Moves the calling task to the end of the queue of its priority. The caller holds no lock.
///
/// - Returns: `LOS_OK`, also when no other task is ready; `LOS_NOK` before the scheduler runs;
///   otherwise the error of the kernel's binding.
@c(LOS_TaskYield)
public func losTaskYield() -> UInt32 {
  guard let binding = CoreBinding.current else { return Status.failed.rawValue }
  return binding.yield()
}

/// Returns the number of the task that runs on this CPU, or `LOS_ERRNO_TSK_ID_INVALID` before the
/// scheduler runs.
@c(LOS_CurTaskIDGet)
public func losCurTaskIDGet() -> UInt32 {
  CoreBinding.current?.currentTask() ?? Status.invalidTask.rawValue
}

/// Masks interrupts on this CPU.
///
/// - Returns: the previous state, for `LOS_IntRestore`; 0 before the kernel installed its binding.
@c(LOS_IntLock)
public func losIntLock() -> UInt32 {
  CoreBinding.current?.maskInterrupts() ?? 0
}

/// Unmasks interrupts if they were unmasked before the `LOS_IntLock` that returned `state`.
@c(LOS_IntRestore)
public func losIntRestore(_ state: UInt32) {
  CoreBinding.current?.restoreInterrupts(state)
}

/// Runs the module-init entries of one level in order. LiteOS' own function returns nothing; C code
/// written for it may ignore the result.
///
/// - Returns: `LOS_OK`; the status of the first entry that failed and was not optional; `LOS_NOK`
///   for a level above 10 or before the kernel installed its binding.
@c(OsInitCall)
public func osInitCall(_ level: UInt32) -> UInt32 {
  guard let binding = CoreBinding.current, let level = ModuleInit.Level(rawValue: level) else {
    return Status.failed.rawValue
  }
  do throws(ModuleInit.Failure) {
    // SAFETY: the code that installed the binding keeps the table valid.
    try unsafe ModuleInit.run(level, of: binding.entries)
  } catch {
    return error.status.rawValue
  }
  return Status.ok.rawValue
}
