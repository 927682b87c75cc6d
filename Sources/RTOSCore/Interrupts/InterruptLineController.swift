// SPDX-License-Identifier: Apache-2.0
/// What an interrupt controller can do with one line. Lines are numbered from 0 on; a board's
/// controller says which it has. What it cannot do throws `unsupported` and changes nothing.
///
/// All of it is called with a line below `lineCount` and with interrupts masked, by one CPU at a time.
public protocol InterruptLineController {
  /// How many lines there are: 0 up to this less one.
  var lineCount: UInt32 { get }

  /// True where a more urgent line interrupts the handler of a less urgent one as soon as the CPU lets
  /// interrupts through, and the handler's own line does not.
  static var hasPriorities: Bool { get }

  /// True for a line that each CPU has of its own: what is done to it is done to that of one CPU.
  func isPrivate(line: UInt32) -> Bool

  /// Lets a line interrupt; a private line interrupts the calling CPU, which is `processor`. A number
  /// that is no line does nothing.
  func enable(line: UInt32, on processor: UInt32)

  /// It interrupts no more; what is pending stays so. A private line: the calling CPU's.
  func disable(line: UInt32, on processor: UInt32)

  /// Makes it pending, as its device does; a private line on the calling CPU.
  func trigger(line: UInt32, on processor: UInt32) throws(InterruptError)

  /// Forgets that it is pending; a device that still asks makes it so again.
  func clear(line: UInt32, on processor: UInt32) throws(InterruptError)

  /// How urgent it is: 0, the most, to 31. A private line: the calling CPU's.
  func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError)

  /// Which CPUs a shared line interrupts, one of them each time, in the bits of
  /// `InterruptController.signalBit`.
  func setTargets(_ targets: UInt32, of line: UInt32) throws(InterruptError)

  /// Whether its device holds it for as long as it wants something, or tells once.
  func setTrigger(_ trigger: InterruptTrigger, of line: UInt32) throws(InterruptError)

  /// Interrupts the CPUs in `targets` by a line that is made for it. Stores before it are seen by who
  /// takes the interrupt.
  func send(line: UInt32, to targets: UInt32) throws(InterruptError)
}

/// How a line tells that its device wants something.
public enum InterruptTrigger: Sendable {
  /// For as long as it is held.
  case level
  /// Once, when it rises.
  case edge
}

/// Why something about interrupts was refused; nothing has changed.
public enum InterruptError: Error, Equatable, CaseIterable {
  /// The number is no line's.
  case noSuchLine
  /// A priority is 0 to 31.
  case badPriority
  /// Who shares a line says which device it serves, by an address that is not nil.
  case noDevice
  /// The line has a handler: one that does not share it, the kernel's own, or one for this device.
  case alreadyRegistered
  /// It has one that shares it, and this would not, or the other way round; or they nest differently.
  case sharedDifferently
  /// It has no handler, or none for this device.
  case notRegistered
  /// There is no place for another handler.
  case tableFull
  /// An interrupt is being served: handlers neither come nor go meanwhile.
  case inInterrupt
  /// No CPU, or one that does not run.
  case badTargets
  /// The controller cannot do it.
  case unsupported
}

/// What handlers of interrupts need of a machine besides its controller.
public protocol InterruptPlatform {
  /// The CPU.
  associatedtype CPU: Processor
  /// The controller.
  associatedtype Controller: InterruptLineController

  /// The one controller.
  static var controller: Controller { get }

  /// How many interrupts this CPU is serving, one within the other.
  static var interruptDepth: UInt32 { get }

  /// True when the running stack has room for one more interrupt and its handler.
  static var hasStackRoom: Bool { get }

  /// Lets interrupts through, in a handler.
  static func enableInterrupts()

  /// The controller's bits for the CPUs in a mask; nil unless there is one and all of them run.
  static func targets(of processors: UInt32) -> UInt32?

  /// Returns when every other CPU has been seen outside of all handlers since the call. Not in an
  /// interrupt, and with no lock held.
  static func awaitHandlers()
}
