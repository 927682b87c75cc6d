// SPDX-License-Identifier: Apache-2.0
/// An interrupt handler. It runs with interrupts masked, unless its line nests, and gets the number
/// and the device that were registered with it. It may wake, post and write, but must not block.
public typealias InterruptHandler = @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void

// SAFETY: name and device are the registrant's pointers; the device is only passed to the handler,
// and the name is read while it is registered.
/// A handler with its arguments.
@safe public struct InterruptHandlerRecord {
  /// Nil in a free record.
  var handler: InterruptHandler?
  var number: Int32 = 0
  var device: UnsafeMutableRawPointer?
  /// Ends with a NUL; nil if the handler has no name.
  var name: UnsafePointer<CChar>?
  /// The next handler of the same line, or the next free record.
  var next: ObjectHandle<InterruptHandlerRecord>?

  /// A free record.
  public init() {}

  /// A handler with its arguments. `name` is for /proc/interrupts; it ends with a NUL and must live
  /// as long as the handler is registered.
  public init(
    _ handler: @escaping InterruptHandler, number: Int32 = 0,
    device: UnsafeMutableRawPointer? = nil, name: UnsafePointer<CChar>? = nil
  ) {
    unsafe self.handler = handler
    self.number = number
    unsafe self.device = device
    unsafe self.name = name
  }

}

/// What `InterruptRegistry.serve` did with an interrupt.
public enum InterruptService: Equatable {
  /// It called the line's handlers.
  case done
  /// Nothing: the line is the kernel's own, which reserved it with this number.
  case kernel(Int32)
  /// Nothing: the line has no handler.
  case unhandled
}

/// How a line's handlers are called.
public struct InterruptOptions: OptionSet, Sendable {
  /// The option bits.
  public let rawValue: UInt8

  /// Makes a set of these option bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Several devices share the line; each handler is called at every interrupt.
  public static let shared = InterruptOptions(rawValue: 1)
  /// Lines of higher priority may preempt the line's handlers.
  public static let nesting = InterruptOptions(rawValue: 2)
}

/// The record of an interrupt line. The fields of the common case come first: one handler, called
/// with interrupts masked.
public struct LineRecord {
  /// The only handler of a line that is neither shared nor nesting. Its `handler` is nil if the
  /// line has none, is reserved, or has its handlers in `chain`.
  var plain = InterruptHandlerRecord()
  /// The handlers of a shared or nesting line.
  var chain: ObjectHandle<InterruptHandlerRecord>?
  var sharing: InterruptOptions = []
  /// The line is the kernel's own: no handler can be registered. `plain` has its number and name.
  var isReserved = false
  /// An interrupt of the line without a handler was reported.
  var isReported = false
  /// How many times each CPU served the line. The counts wrap.
  var counts = PerCPU<UInt32>(repeating: 0)

  /// A line without a handler.
  public init() {}

  // SAFETY: the handler is only compared with nil.
  /// True if the line has a handler or is the kernel's own.
  var isRegistered: Bool { unsafe plain.handler != nil || chain != nil || isReserved }

  /// True if the line has a handler that is not the kernel's own.
  var isChangeable: Bool { isRegistered && !isReserved }
}
