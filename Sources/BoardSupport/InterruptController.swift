// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A board's interrupt controller, as the kernel needs it. `processor` is `Processor.number` of the
/// calling CPU; lines are numbered as the device tree's interrupts are decoded (`DeviceNames`).
public protocol InterruptController: InterruptLineController {
  /// An interrupt that a CPU has taken and has to end.
  associatedtype Taken: TakenInterrupt

  /// Brings what the CPUs share into a known state: every line off. Once, on the first CPU, with
  /// interrupts masked, before its `configureCPU`.
  func configureShared()

  /// Brings the calling CPU's own lines into a known state, all off, and lets its interrupts through.
  /// Once on every CPU, with interrupts masked.
  func configureCPU(_ processor: UInt32)

  /// The line on which signal 0 from a CPU arrives; signal n arrives n lines behind it, up to 3.
  static var firstSignalLine: UInt32 { get }

  /// The bit by which `signal` knows the calling CPU.
  func signalBit(of processor: UInt32) -> UInt32

  /// Interrupts the CPUs whose bits are in `targets` with signal `number`, 0 to 3. Stores before it
  /// are seen by who takes the interrupt. On any CPU.
  func signal(_ number: UInt32, to targets: UInt32)

  /// The most urgent pending interrupt of this CPU, which is now its business; nil when there is
  /// none (any more), and then nothing is to be ended. In every interrupt, with interrupts masked.
  func acknowledge(on processor: UInt32) -> Taken?

  /// Ends an interrupt after it has been served, on the CPU that took it, interrupts still masked.
  func end(_ taken: Taken)
}

/// An interrupt that was taken.
public protocol TakenInterrupt {
  /// Its line.
  var line: UInt32 { get }
}
