// SPDX-License-Identifier: Apache-2.0
/// Tasks, interrupts and module init under their LiteOS names, for C code of the kernel.
///
/// This module cannot name the port or the one scheduler, so each function goes through a binding
/// that the kernel installs at boot; before that, each says that it failed. Only what the scheduler
/// can do stands here.

/// What stands behind the C names.
@safe public struct CoreBinding {
  /// `Scheduler.yield`; LiteOS' code of what came of it.
  public let yield: @convention(c) () -> UInt32
  /// The number of the task that runs on this CPU: `Scheduler.current`.
  public let currentTask: @convention(c) () -> UInt32
  /// `Processor.maskInterrupts`, its state as a raw number.
  public let maskInterrupts: @convention(c) () -> UInt32
  /// `Processor.restoreInterrupts`.
  public let restoreInterrupts: @convention(c) (UInt32) -> Void
  /// The table of module-init entries, in the linker's order.
  fileprivate let entries: UnsafeBufferPointer<ModuleInit.Entry>

  /// A binding of its parts; `entries` lives as long as it is installed.
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

  /// Says what the C names stand for from now on; nil takes it back (tests).
  public static func install(_ binding: CoreBinding?) {
    // SAFETY: see the declaration.
    unsafe installed = binding
  }

  /// What is installed.
  fileprivate static var current: CoreBinding? {
    // SAFETY: see the declaration.
    unsafe installed
  }
}

extension Status {
  /// LiteOS' `LOS_ERRNO_TSK_ID_INVALID`: there is no such task.
  public static let invalidTask = Status(.error, .task, 7)
}

/// Goes behind all ready tasks of the same priority. Called by a task that holds no lock.
///
/// - Returns: `LOS_OK`, also when nobody else is ready; `LOS_NOK` before the scheduler runs; what the
///   kernel's binding refuses.
@c(LOS_TaskYield)
public func losTaskYield() -> UInt32 {
  guard let binding = CoreBinding.current else { return Status.failed.rawValue }
  return binding.yield()
}

/// The number of the task that runs on this CPU, or `LOS_ERRNO_TSK_ID_INVALID` before the
/// scheduler runs.
@c(LOS_CurTaskIDGet)
public func losCurTaskIDGet() -> UInt32 {
  CoreBinding.current?.currentTask() ?? Status.invalidTask.rawValue
}

/// Masks interrupts on this CPU.
///
/// - Returns: the state before, for `LOS_IntRestore`; 0 before the kernel is bound.
@c(LOS_IntLock)
public func losIntLock() -> UInt32 {
  CoreBinding.current?.maskInterrupts() ?? 0
}

/// Takes interrupts again if they were taken before the `LOS_IntLock` that returned `state`.
@c(LOS_IntRestore)
public func losIntRestore(_ state: UInt32) {
  CoreBinding.current?.restoreInterrupts(state)
}

/// Runs the module-init entries of a level in order. LiteOS' own returns nothing; C code that
/// expects that may ignore what comes back.
///
/// - Returns: `LOS_OK`; the status of the first entry that failed and was not optional; `LOS_NOK`
///   for a level above 10 or before the kernel is bound.
@c(OsInitCall)
public func osInitCall(_ level: UInt32) -> UInt32 {
  guard let binding = CoreBinding.current, let level = ModuleInit.Level(rawValue: level) else {
    return Status.failed.rawValue
  }
  do throws(ModuleInit.Failure) {
    // SAFETY: whoever installed the binding answers for the table.
    try unsafe ModuleInit.run(level, of: binding.entries)
  } catch {
    return error.status.rawValue
  }
  return Status.ok.rawValue
}
