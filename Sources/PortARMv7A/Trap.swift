// SPDX-License-Identifier: Apache-2.0
/// The exceptions other than system calls and interrupts, as vectors.S numbers them.
public enum Trap: UInt32, Sendable {
  case undefined = 1
  case prefetch = 2
  case data = 3
  case unused = 4
  case stackOverflow = 5

  /// The name in a panic's log. Swift runtime traps are undefined instructions; `make symbolize`
  /// gives their reason.
  public var name: StaticString {
    switch self {
    case .undefined: "undefined instruction"
    case .prefetch: "prefetch abort"
    case .data: "data abort"
    case .unused: "unexpected exception"
    case .stackOverflow: "kernel stack overflow"
    }
  }
}
