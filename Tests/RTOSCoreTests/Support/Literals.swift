// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Task numbers and sets of CPUs that tests write as integers.
extension TaskNumber: ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The value that a literal gives.
  public init(integerLiteral value: UInt32) { self.init(rawValue: value) }
  /// The number, in failure messages.
  public var description: String { "\(rawValue)" }
}

extension CpuMask: ExpressibleByIntegerLiteral {
  /// The value that a literal gives.
  public init(integerLiteral value: UInt32) { self.init(rawValue: value) }
}
