// SPDX-License-Identifier: Apache-2.0
/// How the kernel was entered other than by a system call or an interrupt, as vectors.S numbers it.
public enum Trap: UInt32, Sendable {
  case undefined = 1
  case prefetch = 2
  case data = 3
  case unused = 4
  case stackOverflow = 5

  /// What a panic says. The compiler's traps are undefined instructions: `make symbolize` gives
  /// their reason.
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
