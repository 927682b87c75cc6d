// SPDX-License-Identifier: Apache-2.0
// Locks: the lock types of the kernel, their order, and the audit that checks it.
//
// There are two kinds. `SpinLock` masks interrupts and is held for a bounded time; `Guarded` joins
// it with the value that it protects. `HandoverLock` is held with interrupts enabled, alone or
// shared, and is handed over from CPU to CPU in turn, so that no waiting CPU starves: the kernel
// lock, and those of address spaces.
//
// The parts, in order: the lock order (this file), the spin lock (`SpinLock.swift`,
// `Guarded.swift`), the handed-over lock (`HandoverLock.swift`), the record of one CPU's locks
// (`LockAudit.swift`), and the records of all CPUs (`LockAudits.swift`). The audit exists in debug
// builds only. It has no lock: each CPU writes its own record with interrupts masked.
//
// A holder of a spin lock must not sleep, run for an unbounded time, or acquire a lock of a lower
// or equal level. The locks know neither tasks nor an architecture: all they need is `Processor`.

/// The order of the kernel's locks: a CPU that holds one acquires only locks of a higher level.
/// Debug builds, including the debug kernel, check this for every lock (`LockAudit`).
///
/// | level | lock | acquired under it |
/// | --- | --- | --- |
/// | `memory` | an address space and its process: a `HandoverLock`, not a spin lock | all |
/// | `kernel` | the kernel lock: a `HandoverLock`, too, held alone or shared | all below |
/// | `processes` | the process table | timeouts, timekeeper, frames, random, waiters, scheduler |
/// | `timers` | software timers | scheduler |
/// | `ticks` | tick grid | nothing |
/// | `timeouts` | a CPU's timer and its timeouts, one lock for each CPU | timekeeper |
/// | `timekeeper` | the clocks and the time page | nothing |
/// | `counter` | the comparison of the CPUs' counters, at boot | nothing |
/// | `frames` | the frame allocator | nothing |
/// | `pools` | memory pools and boxes for C code | nothing |
/// | `interrupts` | interrupt handlers of each line, and the controller | nothing |
/// | `random` | the random source | nothing |
/// | `waiters` | the queues of those who wait for files | scheduler |
/// | `scheduler` | tasks and all objects that they wait for | console, by the log |
/// | `console` | the bytes to and from the console | nothing |
///
/// A level names its lock in /proc/locks: the kernel has one lock of each level, of `timeouts` one
/// for each CPU, and of `memory` one for each address space. Locks of tests are `unordered`: the
/// audit checks only that a CPU does not acquire one twice.
public enum LockLevel: UInt8, CaseIterable, Sendable {
  /// Outside the order; for tests.
  case unordered = 0
  /// An address space, and what belongs to the processes that use it: the outermost.
  case memory
  /// The kernel lock.
  case kernel
  /// The process table.
  case processes
  /// The table of software timers.
  case timers
  /// The tick service.
  case ticks
  /// The timer of a CPU.
  case timeouts
  /// The timekeeper.
  case timekeeper
  /// The comparison of the CPUs' counters at boot.
  case counter
  /// The frame allocator.
  case frames
  /// Memory pools and boxes.
  case pools
  /// The handlers of interrupt lines.
  case interrupts
  /// The random source.
  case random
  /// The queues of those who wait for files.
  case waiters
  /// The scheduler.
  case scheduler
  /// The console: the innermost lock, because the log is written with any lock held.
  case console

  /// The lock's name in /proc/locks and in panics.
  public var name: StaticString {
    switch self {
    case .unordered: "unordered"
    case .memory: "memory"
    case .kernel: "kernel"
    case .processes: "processes"
    case .timers: "timers"
    case .ticks: "ticks"
    case .timeouts: "timeouts"
    case .timekeeper: "timekeeper"
    case .counter: "counter"
    case .frames: "frames"
    case .pools: "pools"
    case .interrupts: "interrupts"
    case .random: "random"
    case .waiters: "waiters"
    case .scheduler: "scheduler"
    case .console: "console"
    }
  }
}
