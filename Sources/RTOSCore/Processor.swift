// SPDX-License-Identifier: Apache-2.0
/// The processor as the portable modules see it: interrupt masking, barriers, the CPU number.
///
/// The port implements the protocol on the target, a mock implements it in tests. All requirements
/// are static: there is one kind of processor, and each call concerns the CPU that makes it.

/// The interrupt state that `maskInterrupts` returns, for `restoreInterrupts`.
///
/// On ARM it is the CPSR; only the port interprets it.
public struct InterruptState: Equatable, Sendable {
  /// The port's own encoding.
  public let rawValue: UInt32

  /// Wraps the port's encoding.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// The operations of the calling CPU: interrupts, barriers and its number.
public protocol Processor {
  /// The number of the calling CPU, 0 up to the CPU count less one. It is stable while interrupts
  /// are masked; a task that can migrate must not keep it.
  ///
  /// - Called: any; stable while IRQ off.
  /// - Tested by: `testSecondAcquireOnOneCPUTraps`.
  static var number: UInt32 { get }

  /// Masks interrupts on this CPU and returns the previous state.
  ///
  /// - Called: any.
  /// - Tested by: `testInterruptsAreMaskedInsideAndRestored`.
  static func maskInterrupts() -> InterruptState

  /// Unmasks interrupts if they were unmasked before the matching `maskInterrupts`.
  ///
  /// - Called: any, pairs nest.
  /// - Tested by: `testInterruptsStayMaskedUntilTheOuterOfTwoLocksIsFree`.
  static func restoreInterrupts(_ state: InterruptState)

  /// Orders all loads and stores before it against all loads and stores after it, for all CPUs
  /// (`dmb ish`, ARM DDI 0406C A3.8.3).
  ///
  /// - Called: any.
  /// - Tested by: `testOnlyOneThreadIsInside`.
  static func memoryBarrier()

  /// Orders all stores before it against all stores after it, for all CPUs (`dmb ishst`).
  ///
  /// - Called: page writer, timekeeper's lock.
  /// - Tested by: `testUpdateWritesCountAndBankTwiceWithBarriersBetween`.
  static func storeBarrier()

  /// Completes all earlier stores, so that every CPU sees them, before any later instruction
  /// executes; that includes reading a counter (`dsb ish`, `isb`).
  ///
  /// - Called: new line of time, timekeeper's lock.
  /// - Tested by: `testNoReaderIsOnTheOldLineAfterTheSampleOfANewOne`.
  static func completeStores()

  /// Hints that this CPU waits for another one in a short loop (`yield`).
  ///
  /// - Called: spinning for a lock, IRQ off.
  /// - Tested by: `testOtherCPUWaitsAndAcquiresTheLock`.
  static func relax()

  /// Waits until an interrupt is pending, also while interrupts are masked (`wfi`). The interrupt
  /// is taken when they are unmasked.
  ///
  /// - Called: idle task, no lock.
  /// - Tested by: `testIdleMachineTakesNoTicksAndHasFreshTime`.
  static func waitForInterrupt()

  /// Stores a word in a register of this CPU that programs can read (TPIDRURW, ARM DDI 0406C
  /// B4.1.151). A program may overwrite it.
  ///
  /// - Called: scheduler's lock, IRQ off.
  /// - Tested by: `testRunningTaskIsPublishedWithItsTurn`.
  static func setProgramWord(_ word: UInt32)

  /// The word that a program on this CPU left in the register of `setProgramWord`: an allegation.
  ///
  /// - Called: scheduler's lock, IRQ off.
  /// - Tested by: `testPublishedPriorityIsCopiedAndChecked`.
  static var programWord: UInt32 { get }
}

extension Processor {
  /// Default: a memory barrier, which suffices where only memory accesses are ordered, as in mocks.
  public static func completeStores() { memoryBarrier() }

  /// Default for a machine whose programs cannot read such a word: does nothing.
  public static func setProgramWord(_ word: UInt32) {}

  /// Default for such a machine: 0.
  public static var programWord: UInt32 { 0 }
}
