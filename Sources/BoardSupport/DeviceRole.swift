// SPDX-License-Identifier: Apache-2.0
/// What a device is to the kernel. A board has one driver for each role, and the kernel uses one
/// device in each.
public enum DeviceRole: UInt8, CaseIterable, Sendable {
  case interruptController
  case console
  case calendarClock
  case power
  case parking

  /// Whether the kernel serves the interrupt of a device in this role, so that the tree must state
  /// it correctly. A controller's own interrupt is one of another controller.
  var hasInterrupt: Bool { self == .console }

  /// The name of the role for a log line.
  public var name: StaticString {
    switch self {
    case .interruptController: "interrupt controller"
    case .console: "console"
    case .calendarClock: "calendar clock"
    case .power: "power controller"
    case .parking: "parking controller"
    }
  }
}

/// A value for each role, by its raw value.
typealias PerRole<Element> = InlineArray<5, Element>
