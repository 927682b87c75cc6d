// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// Where a device's registers are seen: given a physical range and the slot that the device has in
/// the kernel's window (0 to 7, a MiB each), maps it as device memory for ever and gives its address.
public typealias DeviceMapping = (PhysicalRange, UInt32) -> MappedRegisters

/// One board: which drivers its devices need, and what no device tree says about it.
///
/// The kernel is built for one board, which `Board/Board.swift` of its folder in image/boards names.
/// All requirements are called on the first CPU, at boot, with interrupts masked, unless they say
/// otherwise; what the tree has already said is in their arguments.
public protocol Board {
  /// The driver of the interrupt controller.
  associatedtype Interrupts: InterruptController
  /// The driver of the console.
  associatedtype Console: ConsoleDevice
  /// The driver of the calendar clock; `AbsentClock` where there is none.
  associatedtype Clock: RealTimeClock

  /// What the device tree calls this board's devices. Asked before anything else.
  static var deviceNames: DeviceNames { get }

  /// The UART on which to say that the device tree cannot be read; nil where none is known.
  static var lastResortConsole: PhysicalRange? { get }

  /// The console behind `registers`, not configured yet. Called for each access, at any time, with
  /// interrupts in any state: it must cost nothing.
  static func console(_ registers: MappedRegisters) -> Console

  /// The interrupt controller that the tree describes, its registers mapped in slots 1 and 2; nil
  /// when the description lacks a block that the driver needs. The driver has not touched it yet.
  static func interrupts(
    _ found: BoardDescription.InterruptController, map: DeviceMapping
  ) -> Interrupts?

  /// The calendar clock that the tree describes, its registers mapped in slot 3; nil for none.
  static func clock(_ found: PhysicalRange, map: DeviceMapping) -> Clock?

  /// Whatever else the board needs before its first interrupt, with slots 4 to 7: processors that
  /// the loader left running go to `parkingAddress`, a physical address with code that sleeps, MMU
  /// off; power control is mapped.
  static func prepare(parkingAddress: UInt32, map: DeviceMapping)

  /// Switches the board off where there is no firmware that does it. Returns where it cannot. Any
  /// CPU, at any time after `prepare`, with interrupts masked.
  static func switchOff()
}

/// What a device tree calls the devices that a board's drivers drive.
public struct DeviceNames: Sendable {
  /// How a device names its interrupt (the controller's binding).
  public enum InterruptSpecifier: Sendable {
    /// Three words: 0 shared or 1 private, the number in its kind, flags (arm,gic).
    case kindNumberFlags
    /// Two words: the number, flags (brcm,bcm2836-l1-intc).
    case numberFlags
  }

  /// The interrupt controller: any of two names.
  public let interruptController: (StaticString, StaticString)
  /// How it is referred to.
  public let interruptSpecifier: InterruptSpecifier
  /// The console.
  public let console: StaticString
  /// The calendar clock.
  public let realTimeClock: StaticString

  /// Names as a board has them.
  public init(
    interruptController: (StaticString, StaticString), interruptSpecifier: InterruptSpecifier,
    console: StaticString, realTimeClock: StaticString
  ) {
    self.interruptController = interruptController
    self.interruptSpecifier = interruptSpecifier
    self.console = console
    self.realTimeClock = realTimeClock
  }

  /// A GICv2, a PL011 and a PL031.
  public static var arm: DeviceNames {
    DeviceNames(
      interruptController: ("arm,cortex-a15-gic", "arm,gic-400"),
      interruptSpecifier: .kindNumberFlags, console: "arm,pl011", realTimeClock: "arm,pl031")
  }
}

/// The calendar clock of a board that has none: time begins at the epoch, until somebody sets it.
public struct AbsentClock: RealTimeClock {
  /// No clock.
  public init() {}

  /// 0: the epoch.
  public func secondsSinceEpoch() -> UInt32 { 0 }
}
