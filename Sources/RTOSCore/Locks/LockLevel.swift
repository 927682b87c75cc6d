/// The written order of the kernel's spin locks: a CPU that holds one takes only locks of a higher
/// level. Debug builds hold every lock to it (`LockAudit`).
///
/// | level | lock | taken under it |
/// | --- | --- | --- |
/// | `kernel` | programs' threads in the kernel: `HandoverLock`, no spin lock | all |
/// | `processes` | the table of processes | frames, random, scheduler |
/// | `timers` | software timers | scheduler |
/// | `ticks` | beat and timeouts of the tick | nothing |
/// | `timekeeper` | the clocks and the time page | nothing |
/// | `frames` | the frame allocator | nothing |
/// | `pools` | pools and boxes of memory for C code | nothing |
/// | `interrupts` | who serves which line, and the controller | nothing |
/// | `random` | the random source | nothing |
/// | `scheduler` | tasks and all objects that they wait for | nothing |
///
/// `unordered` is for locks of tests and of code outside of this table: they are only checked for
/// being taken twice.
public enum LockLevel: UInt8, Sendable {
  /// Not in the order.
  case unordered = 0
  /// Threads of programs in the kernel, one at a time: outermost.
  case kernel = 2
  /// The table of processes.
  case processes = 5
  /// The table of software timers.
  case timers = 10
  /// The tick service.
  case ticks = 20
  /// The timekeeper.
  case timekeeper = 30
  /// The frame allocator.
  case frames = 40
  /// Pools and boxes of memory.
  case pools = 45
  /// Handlers of interrupt lines.
  case interrupts = 47
  /// The random source.
  case random = 50
  /// The scheduler: the innermost.
  case scheduler = 60
}
