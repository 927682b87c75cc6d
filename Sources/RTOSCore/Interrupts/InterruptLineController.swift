// SPDX-License-Identifier: Apache-2.0
/// The operations of an interrupt controller on one line. Lines are numbered from 0; the board's
/// controller says how many there are. An operation that the controller does not support throws
/// `unsupported` and changes nothing.
///
/// Every operation is called with a line below `lineCount`, with interrupts masked, and by one CPU
/// at a time.
public protocol InterruptLineController {
  /// The number of lines; valid numbers are below it.
  ///
  /// - Called: any.
  /// - Tested by: `testGICLineOperationsTouchThatLineOnly`.
  var lineCount: UInt32 { get }

  /// True if a line of higher priority preempts the handler of one of lower priority as soon as the
  /// CPU unmasks interrupts, while the handler's own line does not.
  ///
  /// - Called: compile time.
  /// - Tested by: `testControllerHasNoPriorities`.
  static var hasPriorities: Bool { get }

  /// The line of IPI 0. IPI n, up to 3, has the line n above it.
  ///
  /// - Called: compile time.
  /// - Tested by: `testIPISetsAMailboxBitAndItsEndClearsIt`.
  static var firstIPILine: UInt32 { get }

  /// True for a banked (per-CPU) line: operations affect the calling CPU's copy.
  ///
  /// - Called: any.
  /// - Tested by: `testRefusedCallsChangeNothing`.
  func isBanked(line: UInt32) -> Bool

  /// Enables a line; of a banked line, the copy of the calling CPU, which is `processor`. An
  /// invalid number has no effect.
  ///
  /// - Errors: a line that does not exist is ignored.
  /// - Called: boot or task, IRQ off.
  /// - Tested by: `testInvalidLineWritesNoRegister`.
  func enable(line: UInt32, on processor: UInt32)

  /// Disables a line; of a banked line, the calling CPU's copy. A pending interrupt stays pending.
  ///
  /// - Errors: a line that does not exist is ignored.
  /// - Called: any, IRQ off.
  /// - Tested by: `testDisableKeepsTheOtherLinesEnabled`.
  func disable(line: UInt32, on processor: UInt32)

  /// Makes a line pending, as its device would; of a banked line, the calling CPU's copy.
  ///
  /// - Throws: `InterruptError.unsupported`.
  /// - Called: interrupts' lock.
  /// - Tested by: `testOnlyAMailboxIsTriggeredAndCleared`.
  func trigger(line: UInt32, on processor: UInt32) throws(InterruptError)

  /// Clears a line's pending state. A device that still asserts the line makes it pending again.
  ///
  /// - Throws: `InterruptError.unsupported`.
  /// - Called: interrupts' lock.
  /// - Tested by: `testOnlyAMailboxIsTriggeredAndCleared`.
  func clear(line: UInt32, on processor: UInt32) throws(InterruptError)

  /// Sets a line's priority from 0, the highest, to 31; of a banked line, the calling CPU's copy.
  ///
  /// - Throws: `InterruptError.unsupported`.
  /// - Called: interrupts' lock.
  /// - Tested by: `testControllerHasNoPriorities`.
  func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError)

  /// Sets the CPUs that a shared peripheral's line may interrupt, in the bits of
  /// `InterruptController.ipiTarget`. Each interrupt goes to one of them.
  ///
  /// - Throws: `InterruptError.unsupported`.
  /// - Called: interrupts' lock.
  /// - Tested by: `testGICRefusesWhatItCannotDo`.
  func setTargets(_ targets: UInt32, of line: UInt32) throws(InterruptError)

  /// Sets whether a line is level-sensitive or edge-triggered.
  ///
  /// - Throws: `InterruptError.unsupported`.
  /// - Called: interrupts' lock.
  /// - Tested by: `testGICRefusesWhatItCannotDo`.
  func setTrigger(_ trigger: InterruptTrigger, of line: UInt32) throws(InterruptError)

  /// Sends an IPI to the CPUs in `targets`, with a line that the controller provides for that.
  /// Earlier stores are visible to a CPU that takes the interrupt.
  ///
  /// - Throws: `InterruptError.unsupported`.
  /// - Called: interrupts' lock.
  /// - Tested by: `testOnlyAMailboxIsTriggeredAndCleared`.
  func sendIPI(line: UInt32, to targets: UInt32) throws(InterruptError)
}

/// How a device signals an interrupt on its line.
public enum InterruptTrigger: Sendable {
  /// Level-sensitive: the interrupt is pending while the line is asserted.
  case level
  /// Edge-triggered: the interrupt becomes pending when the line rises.
  case edge
}

/// Why an operation on interrupts was refused; it changed nothing.
public enum InterruptError: Error, Equatable, CaseIterable {
  /// The line's number is invalid.
  case noSuchLine
  /// The priority is not in 0 to 31.
  case badPriority
  /// A shared handler needs a device address that is not nil, to tell it from the line's others.
  case noDevice
  /// The line has a handler that does not share it or that is for this device, or the kernel
  /// reserves it.
  case alreadyRegistered
  /// The line's handlers and the new one differ in whether they share the line or nest.
  case optionsDiffer
  /// The line has no handler, or none for this device.
  case notRegistered
  /// All handler records are in use.
  case tableFull
  /// An interrupt is being served, in which handlers can be neither registered nor unregistered.
  case inInterrupt
  /// The mask names no CPU, or one that does not run.
  case badTargets
  /// The controller does not support the operation.
  case unsupported
}

/// What the interrupt registry needs of a machine besides its controller.
public protocol InterruptPlatform {
  /// The processor.
  associatedtype CPU: Processor
  /// The type of the interrupt controller.
  associatedtype Controller: InterruptLineController

  /// The machine's interrupt controller.
  ///
  /// - Called: interrupts' lock, IRQ off.
  /// - Tested by: `testLineOperationsReachTheController`.
  static var controller: Controller { get }

  /// How many interrupts this CPU is serving, nested ones included.
  ///
  /// - Called: any, IRQ off.
  /// - Tested by: `testNestingStopsAtItsLimitAndWithTheStack`.
  static var interruptDepth: UInt32 { get }

  /// True when the current stack has room for one more nested interrupt and its handler.
  ///
  /// - Called: handler, IRQ off.
  /// - Tested by: `testNestingStopsAtItsLimitAndWithTheStack`.
  static var hasStackRoom: Bool { get }

  /// Unmasks interrupts within a handler.
  ///
  /// - Called: handler, IRQ off.
  /// - Tested by: `testNestingHandlerIsPreemptedByMoreUrgentLinesOnly`.
  static func enableInterrupts()

  /// The controller's target bits for a mask of CPUs; nil if the mask is empty or names a CPU that
  /// does not run.
  ///
  /// - Returns: nil: one does not run.
  /// - Called: any.
  /// - Tested by: `testRefusedCallsChangeNothing`.
  static func targets(of processors: CpuMask) -> UInt32?

  /// Waits until every other CPU has been seen outside of all handlers since the call. Not to be
  /// called in an interrupt or with a lock held.
  ///
  /// - Called: task, no lock, IRQ on.
  /// - Tested by: `testLineIsEnabledByItsFirstHandlerAndDisabledWithItsLast`.
  static func awaitHandlers()
}
