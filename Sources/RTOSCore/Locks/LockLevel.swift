// SPDX-License-Identifier: Apache-2.0
/// The written order of the kernel's spin locks: a CPU that holds one takes only locks of a higher
/// level. Debug builds, the debug kernel among them, hold every lock to it (`LockAudit`).
///
/// | level | lock | taken under it |
/// | --- | --- | --- |
/// | `kernel` | programs' threads in the kernel: `HandoverLock`, no spin lock | all |
/// | `processes` | the table of processes | frames, random, scheduler |
/// | `timers` | software timers | scheduler |
/// | `ticks` | beat and timeouts of the tick | nothing |
/// | `timekeeper` | the clocks and the time page | nothing |
/// | `counter` | the comparison of the CPUs' counters, at boot | nothing |
/// | `frames` | the frame allocator | nothing |
/// | `pools` | pools and boxes of memory for C code | nothing |
/// | `interrupts` | who serves which line, and the controller | nothing |
/// | `random` | the random source | nothing |
/// | `scheduler` | tasks and all objects that they wait for | nothing |
///
/// The kernel has one lock of each level, so that a level names its lock (/proc/locks). `unordered` is
/// for locks of tests: they are only checked for being taken twice.
public enum LockLevel: UInt8, CaseIterable, Sendable {
  /// Not in the order.
  case unordered = 0
  /// Threads of programs in the kernel, one at a time: outermost.
  case kernel
  /// The table of processes.
  case processes
  /// The table of software timers.
  case timers
  /// The tick service.
  case ticks
  /// The timekeeper.
  case timekeeper
  /// The comparison of counters.
  case counter
  /// The frame allocator.
  case frames
  /// Pools and boxes of memory.
  case pools
  /// Handlers of interrupt lines.
  case interrupts
  /// The random source.
  case random
  /// The scheduler: the innermost.
  case scheduler

  /// What /proc/locks and a panic call it.
  public var name: StaticString {
    switch self {
    case .unordered: "unordered"
    case .kernel: "kernel"
    case .processes: "processes"
    case .timers: "timers"
    case .ticks: "ticks"
    case .timekeeper: "timekeeper"
    case .counter: "counter"
    case .frames: "frames"
    case .pools: "pools"
    case .interrupts: "interrupts"
    case .random: "random"
    case .scheduler: "scheduler"
    }
  }
}
