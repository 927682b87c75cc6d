// SPDX-License-Identifier: Apache-2.0
// Module BoardSupport: what boards have in common, and the drivers of common devices.
//
// Principles: a driver knows the offsets and bits of its device, and reaches registers only through
// `RegisterBank`, so that host tests run it on a recorded bank. The device tree is an allegation:
// its bytes are checked before use, and a malformed tree gives an error, never a trap. The module
// knows no processor: addresses are physical, and mapping is a closure that the kernel passes.
//
// Parts:
// - Board, ArmBoard, DeviceMapping: the requirements of a board, and ARM's defaults for them.
// - BoardDescription: the device tree's contents as plain values.
// - DeviceTree, NodeProperties, FlattenedTree, DeviceTreeError: the parser.
// - InterruptController, ConsoleDevice: the requirements of drivers.
// - GICv2, PL011, PL031: drivers. RegisterBank, MappedRegisters: their registers.
//
// Lock: none. The boot calls on one CPU; afterwards drivers are written so that concurrent calls
// touch different registers, or the caller's lock serialises them (said at each declaration).
//
// It must not: allocate, log, wait for an interrupt, or read outside of the device tree's blob.
//
// This file: the requirements of a board.
import TickHandler

/// Maps a device's registers: takes a physical range and a slot of the kernel's device window (0 to
/// 7, 1 MiB each), maps the range permanently as device memory, and returns the registers.
public typealias DeviceMapping = (PhysicalRange, UInt32) -> MappedRegisters

/// One board: it selects the drivers of its devices, and supplies what no device tree contains.
///
/// The kernel is built for one board, which `Board/Board.swift` of its folder in image/boards names.
/// Unless a requirement says otherwise, it is called on the first CPU, at boot, with interrupts
/// masked. Information from the device tree is passed as arguments.
public protocol Board {
  /// The driver of the interrupt controller.
  associatedtype Interrupts: InterruptController
  /// The driver of the console.
  associatedtype Console: ConsoleDevice
  /// The driver of the calendar clock; `AbsentClock` if there is none.
  associatedtype Clock: RealTimeClock

  /// The `compatible` strings of this board's devices. Read before all others.
  ///
  /// - Called: boot, first of all.
  /// - Tested by: `testBootLineNamesTheMachine`.
  static var deviceNames: DeviceNames { get }

  /// The UART for errors about an unreadable device tree; nil if its address is unknown.
  ///
  /// - Returns: nil: mute.
  /// - Called: a boot that cannot go on.
  /// - Tested by: `testPointerWithoutATreeStopsTheBoot`.
  static var lastResortConsole: PhysicalRange? { get }

  /// The console at `registers`, not yet configured. Called for each access, at any time and in any
  /// interrupt state, so it must be cheap.
  ///
  /// - Called: any.
  /// - Tested by: `testStandardOutputIsExactlyTheProgramsBytes`.
  static func console(_ registers: MappedRegisters) -> Console

  /// The interrupt controller in the device tree, with its registers mapped in slots 1 and 2; nil
  /// if a block that the driver needs is missing. The driver must not access the registers yet.
  ///
  /// - Returns: nil: the boot stops with a line.
  /// - Called: boot.
  /// - Tested by: `testMissingInterruptControllerIsReported`.
  static func interrupts(
    _ found: BoardDescription.InterruptController, map: DeviceMapping
  ) -> Interrupts?

  /// The calendar clock in the device tree, with its registers mapped in slot 3; nil for none.
  ///
  /// - Returns: nil: the epoch.
  /// - Called: boot.
  /// - Tested by: `testDateIsTheSameWithAndWithoutAVdso`.
  static func clock(_ found: PhysicalRange, map: DeviceMapping) -> Clock?

  /// Other preparations before the first interrupt, with slots 4 to 7. CPUs that the loader left
  /// running are sent to `parkingAddress`, a physical address of code that sleeps, with the MMU
  /// off. Power control is mapped here.
  ///
  /// - Called: boot, before the first interrupt.
  /// - Tested by: `testBootLineNamesTheMachine`.
  static func prepare(parkingAddress: UInt32, map: DeviceMapping)

  /// Powers the board off if no firmware does. Returns if it cannot. May be called on any CPU, at
  /// any time after `prepare`, with interrupts masked.
  ///
  /// - Errors: it returns where it cannot switch the machine off.
  /// - Called: any, IRQ off, after firmware.
  /// - Tested by: `testPowerOffWorksWithoutADebugger`.
  static func switchOff()
}

/// The `compatible` strings of the devices that a board's drivers support.
public struct DeviceNames: Sendable {
  /// The format of an interrupt specifier (the controller's binding).
  public enum InterruptSpecifier: Sendable {
    /// Three words: 0 for shared or 1 for private, the number among these, flags (arm,gic).
    case kindNumberFlags
    /// Two words: the number, flags (brcm,bcm2836-l1-intc).
    case numberFlags
  }

  /// The interrupt controller, by either of two names.
  public let interruptController: (StaticString, StaticString)
  /// The interrupt controller's specifier format.
  public let interruptSpecifier: InterruptSpecifier
  /// The console.
  public let console: StaticString
  /// The calendar clock.
  public let realTimeClock: StaticString

  /// A set of names.
  public init(
    interruptController: (StaticString, StaticString), interruptSpecifier: InterruptSpecifier,
    console: StaticString, realTimeClock: StaticString
  ) {
    self.interruptController = interruptController
    self.interruptSpecifier = interruptSpecifier
    self.console = console
    self.realTimeClock = realTimeClock
  }

  /// The names of a GICv2, a PL011 and a PL031.
  public static var arm: DeviceNames {
    DeviceNames(
      interruptController: ("arm,cortex-a15-gic", "arm,gic-400"),
      interruptSpecifier: .kindNumberFlags, console: "arm,pl011", realTimeClock: "arm,pl031")
  }
}

/// The calendar clock of a board without one: time begins at the epoch, until it is set.
public struct AbsentClock: RealTimeClock {
  /// The absent clock.
  public init() {}

  /// Returns 0, the epoch.
  public func secondsSinceEpoch() -> UInt32 { 0 }
}
