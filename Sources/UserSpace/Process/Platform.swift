import RTOSCore
import TickHandler
import VmRegion

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable {
  /// By exit or exit_group: the low eight bits of what it gave.
  case exited(UInt8)
  /// By a signal.
  case signalled(Signal)

  /// The status as a shell gives it: the program's own, or 128 and the signal's number.
  public var shellStatus: Int32 {
    switch self {
    case .exited(let status): Int32(status)
    case .signalled(let signal): 128 + Int32(signal.number)
    }
  }
}

/// What user space needs from the machine and the rest of the kernel. Kernel implements it once,
/// the tests with a mock. All requirements are static: there is one machine.
///
/// No lock of user space is held when one is called, and interrupts are on.
public protocol Platform {
  /// The processor.
  associatedtype CPU: Processor
  /// Translation tables.
  associatedtype Table: MMU & ~Copyable
  /// RAM.
  associatedtype Memory: PhysicalMemory
  /// The way into the memory of the running program.
  associatedtype User: UserMemory

  /// The process whose task runs on this CPU; stable as long as the task runs.
  static var process: UnsafeMutablePointer<Process<Self>> { get }
  /// The root file system.
  static var files: RootFiles { get }
  /// The kernel's command line, for /proc/cmdline.
  static var commandLine: ImmortalBytes { get }

  /// Writes to the console. May wait for the device.
  static func writeConsole(_ bytes: RawSpan)
  /// Reads what the console has, at least one byte; 0 when there will never be any.
  static func readConsole(into bytes: inout MutableRawSpan) -> Int

  /// Ends the running process. On the machine it never returns; in tests it does, and the program
  /// is then not entered again.
  static func end(_ end: ProcessEnd)
  /// Stops the running task until monotonic time has reached `deadline`, in nanoseconds since
  /// boot; never less.
  static func sleep(until deadline: UInt64)
  /// Lets other tasks of the same priority run.
  static func yield()
  /// Sets the register in which the running task finds its thread pointer (TPIDRURO).
  static func setThreadPointer(_ value: UInt32)

  /// What a clock shows.
  static func time(_ clock: ClockIdentifier) -> Timespec
  /// The resolution of a clock.
  static func resolution(_ clock: ClockIdentifier) -> Timespec
  /// How the ticks went.
  static var tickStatistics: TickStatistics { get }
  /// Monotonic time in nanoseconds.
  static func monotonicNanoseconds() -> UInt64
  /// Sets the wall clock and publishes it; false if it cannot be set to that.
  static func setRealtime(_ time: Timespec) -> Bool
  /// Asks of the clock's discipline, and publishes what changed: see `Timekeeper.adjust`.
  static func adjust(_ request: inout ClockAdjustment) -> Bool?

  /// Whether programs get addresses that nobody can guess: unless the command line says
  /// `norandomize`.
  static var randomizesAddresses: Bool { get }
  /// Fills `bytes` with random numbers.
  static func fillRandom(_ bytes: inout MutableRawSpan)
  /// Context switches since boot.
  static var contextSwitches: UInt32 { get }

  /// Maps the vDSO into `space`.
  ///
  /// - Returns: the address of its ELF header; nil without one, and then `space` is as it was.
  static func loadVdso(into space: inout AddressSpace<Table, CPU, Memory>) -> UInt32?
  /// Writes /proc/vdso for a process that has the image at `address`, or none.
  static func describeVdso(to sink: inout some TextSink, at address: UInt32?)
  /// Writes /proc/vdso.so: the file of the image, byte for byte; nothing where there is none.
  static func writeVdsoImage(to sink: inout some TextSink)
}
