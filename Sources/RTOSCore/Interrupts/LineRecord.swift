// SPDX-License-Identifier: Apache-2.0
/// Code that serves an interrupt: with interrupts masked, unless its line nests. It is given the number
/// and the device that it was registered with. It may wake, post and write, but not wait.
public typealias InterruptHandler = @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void

// SAFETY: name and device are the registrant's, and only handed on.
/// A handler and what it is called with.
@safe public struct InterruptHandlerRecord {
  /// Nil in a place that is free.
  var handler: InterruptHandler?
  var number: Int32 = 0
  var device: UnsafeMutableRawPointer?
  /// Ends with a 0; nil for none.
  var name: UnsafePointer<CChar>?
  /// The next that shares the line, or is free.
  var next: UnsafeMutablePointer<InterruptHandlerRecord>?

  /// A free place.
  public init() {}

  /// A handler with what it gets. `name` ends with a 0, for /proc/interrupts, and lives as long as it
  /// is registered.
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

/// How the handlers of a line are called.
public struct InterruptSharing: OptionSet, Sendable {
  /// Which of them.
  public let rawValue: UInt8

  /// Wraps the bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Several devices have the line, and each handler is called whenever it interrupts.
  public static let shared = InterruptSharing(rawValue: 1)
  /// More urgent lines interrupt its handlers.
  public static let nests = InterruptSharing(rawValue: 2)
}

// SAFETY: a record's chain leads through the places of its table only.
/// A line. What the plain case needs stands in front: one handler, called with interrupts masked.
@safe public struct LineRecord {
  /// Called as it is; its `handler` is nil where there is none, or where `chain` has them.
  var plain = InterruptHandlerRecord()
  /// The handlers of a line that is shared or nests.
  var chain: UnsafeMutablePointer<InterruptHandlerRecord>?
  var sharing: InterruptSharing = []
  /// The kernel's own, which nobody registers for.
  var isReserved = false
  /// How often each CPU has served it. They wrap.
  var counts = InlineArray<8, UInt32>(repeating: 0)

  /// A line without a handler.
  public init() {}

  /// Somebody serves it.
  var isRegistered: Bool {
    if unsafe plain.handler != nil { return true }
    return unsafe chain != nil
  }
}
