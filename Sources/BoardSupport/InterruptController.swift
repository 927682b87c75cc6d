// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A driver of an interrupt controller. `processor` is the calling CPU's `Processor.number`.
public protocol InterruptController: Driver, InterruptLineController {
  /// An interrupt that a CPU has acknowledged and must end.
  associatedtype Taken: TakenInterrupt

  /// The number of words of an interrupt specifier (`#interrupt-cells` of the controller's binding):
  /// 1 to 3.
  ///
  /// - Called: boot, first of all.
  /// - Tested by: `testInterruptSpecifiersHaveTheControllersFormat`.
  static var specifierWordCount: UInt32 { get }

  /// The line of an interrupt specifier.
  ///
  /// - Returns: nil: the controller has no such line; the device tree is then malformed.
  /// - Called: boot, first of all.
  /// - Tested by: `testInterruptSpecifiersHaveTheControllersFormat`.
  static func line(of specifier: InterruptSpecifier) -> UInt32?

  /// Initialises the shared state, with all lines disabled. Called once, on the first CPU, with
  /// interrupts masked, before its `configureCPU`.
  ///
  /// - Called: boot.
  /// - Tested by: `testConfigureDisablesTheLinesOfAllCores`.
  func configureShared()

  /// Initialises the calling CPU's banked lines, all disabled, and enables its interrupts. Called
  /// once on every CPU, with interrupts masked.
  ///
  /// - Called: cpu.
  /// - Tested by: `testConfigureOfOneCoreLeavesTheOthersAlone`.
  func configureCPU(_ processor: UInt32)

  /// The calling CPU's bit in the targets of `sendIPI`.
  ///
  /// - Called: cpu.
  /// - Tested by: `testGICIPITargetsAreThoseOfTheTargetRegisters`.
  func ipiTarget(of processor: UInt32) -> UInt32

  /// Sends IPI `number`, 0 to 3, to the CPUs whose bits are in `targets`. The caller makes its
  /// stores visible first (`completeStores`). May be called on any CPU.
  ///
  /// - Called: any, IRQ off.
  /// - Tested by: `testIPISetsAMailboxBitAndItsEndClearsIt`.
  func sendIPI(_ number: UInt32, to targets: UInt32)

  /// Acknowledges the highest-priority pending interrupt of this CPU. Returns nil for a spurious
  /// one, which must not be ended. Called in every interrupt, with interrupts masked.
  ///
  /// - Returns: nil: spurious, do not end.
  /// - Called: each interrupt, no lock, IRQ off.
  /// - Tested by: `testAcknowledgeReturnsTheLowestSourceOfTheCore`.
  func acknowledge(on processor: UInt32) -> Taken?

  /// Ends an interrupt after it was served, on the CPU that acknowledged it, with interrupts
  /// masked.
  ///
  /// - Called: same CPU, IRQ off.
  /// - Tested by: `testEndWritesNoRegister`.
  func end(_ taken: Taken)
}

/// An acknowledged interrupt.
public protocol TakenInterrupt {
  /// The interrupt's line.
  ///
  /// - Called: each interrupt.
  /// - Tested by: `testAcknowledgeReturnsTheLowestSourceOfTheCore`.
  var line: UInt32 { get }
}

extension InterruptController {
  /// The interrupt controller.
  public static var role: DeviceRole { .interruptController }
}

/// The words of an interrupt specifier; those beyond the controller's number of words are 0.
public typealias InterruptSpecifier = InlineArray<3, UInt32>
