// SPDX-License-Identifier: Apache-2.0

/// Why a program does not run.
public enum ProgramFailure: Error, Equatable, Sendable {
  /// The file does not exist, for the reason in the error, or is not a regular file.
  case missing(Errno)
  /// The file is not a program for this machine.
  case invalid(ElfError)
  /// The program's interpreter does not exist or may not be executed, for the reason in the error.
  case interpreterMissing(Errno)
  /// The program's interpreter is not a program for this machine.
  case interpreterInvalid(ElfError)
  /// There is not enough memory, or its arguments are too long or not readable.
  case cannotStart(Errno)

  /// The error of execve.
  var errno: Errno {
    switch self {
    case .missing(.isDirectory): .accessDenied
    case .missing(let error), .interpreterMissing(let error), .cannotStart(let error): error
    case .invalid: .notExecutable
    case .interpreterInvalid(.tooShort): .inputOutput
    case .interpreterInvalid: .badLibrary
    }
  }

  /// The status with which the machine powers off, as in a shell: 127 not found, 126 not runnable.
  public var status: Int32 {
    switch self {
    case .missing, .interpreterMissing: 127
    case .invalid, .interpreterInvalid, .cannotStart: 126
    }
  }

  /// Whether the program's interpreter is at fault.
  var isOfInterpreter: Bool {
    switch self {
    case .interpreterMissing, .interpreterInvalid: true
    case .missing, .invalid, .cannotStart: false
    }
  }

  /// The reason as text for the log.
  public var reason: StaticString {
    switch self {
    case .missing(.noEntry), .interpreterMissing(.noEntry): "not found"
    case .missing(.symbolicLinkLoop), .interpreterMissing(.symbolicLinkLoop):
      "too many symbolic links"
    case .missing(.isDirectory): "a directory"
    case .missing(.accessDenied): "not a regular file"
    case .interpreterMissing(.accessDenied): "not a regular file that may be executed"
    case .missing, .interpreterMissing: "not reached"
    case .invalid(let error), .interpreterInvalid(let error): error.reason
    case .cannotStart(.argumentsTooLong): "arguments too long"
    case .cannotStart: "out of memory"
    }
  }
}
