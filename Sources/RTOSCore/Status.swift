// SPDX-License-Identifier: Apache-2.0
/// LiteOS status codes: `type << 24 | module << 8 | number`; 0 is success.
///
/// The C interface returns them. Swift code throws the errors of its subsystem, and each subsystem
/// maps them to status codes in one table.
public struct Status: RawRepresentable, Equatable, Sendable {
  /// The 32-bit code as C callers see it.
  public let rawValue: UInt32

  /// Wraps a code that C code returned.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// LiteOS' `LOS_OK`.
  public static let ok = Status(rawValue: 0)

  /// LiteOS' `LOS_NOK`: failed, with no specific reason.
  public static let failed = Status(rawValue: 1)

  /// The severity: the top byte.
  public enum Severity: UInt32, Sendable {
    case normal = 0
    case warning = 1
    case error = 2
    case fatal = 3
  }

  /// The module that reports the status: bits 8 to 15, with LiteOS' numbers.
  public enum Module: UInt32, Sendable {
    case system = 0
    case memory = 1
    case task = 2
    case softwareTimer = 3
    case tick = 4
    case queue = 6
    case semaphore = 7
    case interrupt = 9
    case event = 0x1c
    case mutex = 0x1d
  }

  /// Composes a code; `number` is 0 to 255.
  public init(_ severity: Severity, _ module: Module, _ number: UInt8) {
    rawValue = severity.rawValue << 24 | module.rawValue << 8 | UInt32(number)
  }
}
