// SPDX-License-Identifier: Apache-2.0
/// The processor as the portable modules see it: a few verbs, each with its contract.
///
/// The port implements it on the target, the tests with a mock. All requirements are static
/// because there is one kind of processor and the question is always about the one that runs.

/// What `maskInterrupts` found, to be handed back to `restoreInterrupts`.
///
/// On ARM it is the CPSR; nothing but the port looks into it.
public struct InterruptState: Equatable, Sendable {
  /// The port's own encoding.
  public let rawValue: UInt32

  /// Wraps the port's encoding.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// One processor: interrupts, barriers and its number.
public protocol Processor {
  /// The number of the running CPU, 0 up to the CPU count less one. Stable while interrupts are
  /// masked; a task that may be moved must not keep it.
  static var number: UInt32 { get }

  /// Afterwards no interrupt is taken on this CPU. Returns the state before.
  static func maskInterrupts() -> InterruptState

  /// Afterwards interrupts are taken again if they were before the matching `maskInterrupts`.
  static func restoreInterrupts(_ state: InterruptState)

  /// Orders every load and store before it against every one after it, for all CPUs
  /// (`dmb ish`, ARM DDI 0406C A3.8.3).
  static func memoryBarrier()

  /// Orders stores before it against stores after it, for all CPUs (`dmb ishst`).
  static func storeBarrier()

  /// Afterwards every CPU sees the stores before it, and only then does anything behind it happen,
  /// reading a counter included (`dsb ish`, `isb`).
  static func completeStores()

  /// A hint that this CPU is waiting for another one in a short loop (`yield`).
  static func relax()

  /// Waits until an interrupt is pending, also when interrupts are masked (`wfi`). The interrupt
  /// is taken when they are unmasked.
  static func waitForInterrupt()
}

extension Processor {
  /// Enough where nothing but memory is ordered: the mocks.
  public static func completeStores() { memoryBarrier() }
}
