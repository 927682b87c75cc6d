// SPDX-License-Identifier: Apache-2.0
// Module BoardSupport: what boards have in common, and the drivers of common devices.
//
// Principles: a driver knows the names, offsets and bits of its device, and reaches registers only
// through `RegisterBank`, so that host tests run it on a recorded bank. A board lists drivers by
// role. The device tree is an allegation: its bytes are checked before use, and a malformed tree or
// device gives an error, never a trap. The module knows no processor: addresses are physical, and
// mapping is a closure that the kernel passes.
//
// Parts:
// - Board: the list of a board's drivers. DriverTable: what the reader of the tree knows of them.
// - Driver, DeviceRole: the requirements of all drivers. InterruptController, ConsoleDevice,
//   CalendarClock, PowerController, ParkingController: those of each role.
// - DeviceRecord, DeviceError, DeviceWindows: from the tree's device to a driver with registers.
// - BoardDescription: the device tree's contents as plain values.
// - DeviceTree, NodeProperties, FlattenedTree, DeviceTreeError: the parser.
// - GICv2, PL011, PL031: drivers. RegisterBank, MappedRegisters: their registers.
//
// Lock: none. The boot calls on one CPU; afterwards drivers are written so that concurrent calls
// touch different registers, or the caller's lock serialises them (said at each declaration).
//
// It must not: allocate, log, wait for an interrupt, or read outside of the device tree's blob.
//
// This file: the list of a board's drivers.

/// One board: the list of its drivers by role, and what no device tree contains.
///
/// The kernel is built for one board, which `Board/Board.swift` of its folder in image/boards names.
/// Everything else about the board comes from the device tree.
public protocol Board {
  /// The driver of the interrupt controller.
  associatedtype Interrupts: InterruptController where Interrupts.Bank == MappedRegisters
  /// The driver of the console.
  associatedtype Console: ConsoleDevice where Console.Bank == MappedRegisters
  /// The driver of the calendar clock.
  associatedtype Clock: CalendarClock = AbsentClock where Clock.Bank == MappedRegisters
  /// The driver that powers the board off if no firmware does.
  associatedtype Power: PowerController = AbsentPower where Power.Bank == MappedRegisters
  /// The driver that parks the CPUs which the loader left running.
  associatedtype Parking: ParkingController = AbsentParking where Parking.Bank == MappedRegisters

  /// The name of the board, at most 31 characters, which programs read in the kit vstat.
  ///
  /// - Returns: "unknown": a board without a name.
  /// - Called: boot.
  /// - Tested by: `testKitTellsTheMachineAndItsLimits`.
  static var name: StaticString { get }

  /// The clock that the console's UART divides, in Hz.
  ///
  /// - Called: boot, or in a panic.
  /// - Tested by: `testStandardOutputIsExactlyTheProgramsBytes`.
  static var consoleClock: UInt32 { get }

  /// The registers of the UART for errors about an unreadable device tree; nil if its address is
  /// unknown.
  ///
  /// - Returns: nil: mute.
  /// - Called: a boot that cannot go on.
  /// - Tested by: `testPointerWithoutATreeStopsTheBoot`.
  static var lastResortConsole: PhysicalRange? { get }
}

extension Board {
  /// A board without a name.
  public static var name: StaticString { "unknown" }

  /// nil: the UART's address differs from board to board.
  public static var lastResortConsole: PhysicalRange? { nil }
}
