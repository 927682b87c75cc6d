// SPDX-License-Identifier: Apache-2.0

/// Why a program does not run.
public enum ProgramFailure: Error, Equatable, Sendable {
  /// The file does not exist, for the reason in the error, or is not a regular file.
  case missing(Errno)
  /// The file is not a program for this machine.
  case invalid(ElfError)
  /// There is not enough memory, or its arguments are too long or not readable.
  case cannotStart(Errno)

  /// The error of execve.
  var errno: Errno {
    switch self {
    case .missing(.isDirectory): .accessDenied
    case .missing(let error), .cannotStart(let error): error
    case .invalid(.needsInterpreter): .noEntry
    case .invalid: .notExecutable
    }
  }

  /// The status with which the machine powers off, as in a shell: 127 not found, 126 not runnable.
  public var status: Int32 {
    if case .missing = self { 127 } else { 126 }
  }

  /// The reason as text for the log.
  public var reason: StaticString {
    switch self {
    case .missing(.noEntry): "not found"
    case .missing(.symbolicLinkLoop): "too many symbolic links"
    case .missing(.isDirectory): "a directory"
    case .missing(.accessDenied): "not a regular file"
    case .missing: "not reached"
    case .invalid(let error): error.reason
    case .cannotStart(.argumentsTooLong): "arguments too long"
    case .cannotStart: "out of memory"
    }
  }
}
