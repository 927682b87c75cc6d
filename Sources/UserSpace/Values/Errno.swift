// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Error numbers of the Linux ABI (asm-generic/errno-base.h and errno.h), positive.
///
/// A system call throws one; `SystemCall.result` makes its negative the result.
///
/// It is a struct, not an enum, so that functions pass on the number itself and no table maps cases
/// to numbers.
public struct Errno: RawRepresentable, Error, Equatable, Sendable {
  /// The number.
  public let rawValue: Int32

  /// The error with this number.
  @inline(__always)
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// EPERM.
  public static var notPermitted: Self { Self(rawValue: 1) }
  /// ENOENT.
  public static var noEntry: Self { Self(rawValue: 2) }
  /// ESRCH.
  public static var noProcess: Self { Self(rawValue: 3) }
  /// EINTR.
  public static var interrupted: Self { Self(rawValue: 4) }
  /// EIO.
  public static var inputOutput: Self { Self(rawValue: 5) }
  /// ENXIO.
  public static var noSuchDevice: Self { Self(rawValue: 6) }
  /// E2BIG.
  public static var argumentsTooLong: Self { Self(rawValue: 7) }
  /// ENOEXEC.
  public static var notExecutable: Self { Self(rawValue: 8) }
  /// EBADF.
  public static var badDescriptor: Self { Self(rawValue: 9) }
  /// ECHILD.
  public static var noChild: Self { Self(rawValue: 10) }
  /// EAGAIN.
  public static var tryAgain: Self { Self(rawValue: 11) }
  /// ENOMEM.
  public static var outOfMemory: Self { Self(rawValue: 12) }
  /// EACCES.
  public static var accessDenied: Self { Self(rawValue: 13) }
  /// EFAULT.
  public static var badAddress: Self { Self(rawValue: 14) }
  /// EBUSY.
  public static var busy: Self { Self(rawValue: 16) }
  /// EEXIST.
  public static var exists: Self { Self(rawValue: 17) }
  /// EXDEV.
  public static var otherFileSystem: Self { Self(rawValue: 18) }
  /// ENODEV.
  public static var noDevice: Self { Self(rawValue: 19) }
  /// ENOTDIR.
  public static var notDirectory: Self { Self(rawValue: 20) }
  /// EISDIR.
  public static var isDirectory: Self { Self(rawValue: 21) }
  /// EINVAL.
  public static var invalid: Self { Self(rawValue: 22) }
  /// ENFILE.
  public static var fileTableFull: Self { Self(rawValue: 23) }
  /// EMFILE.
  public static var tooManyFiles: Self { Self(rawValue: 24) }
  /// ENOTTY.
  public static var notTerminal: Self { Self(rawValue: 25) }
  /// ETXTBSY.
  public static var programBusy: Self { Self(rawValue: 26) }
  /// EFBIG.
  public static var fileTooLarge: Self { Self(rawValue: 27) }
  /// ENOSPC.
  public static var noSpace: Self { Self(rawValue: 28) }
  /// ESPIPE.
  public static var illegalSeek: Self { Self(rawValue: 29) }
  /// EROFS.
  public static var readOnlyFileSystem: Self { Self(rawValue: 30) }
  /// EPIPE.
  public static var brokenPipe: Self { Self(rawValue: 32) }
  /// EDOM.
  public static var outOfDomain: Self { Self(rawValue: 33) }
  /// ERANGE.
  public static var outOfRange: Self { Self(rawValue: 34) }
  /// EDEADLK.
  public static var deadlock: Self { Self(rawValue: 35) }
  /// ENAMETOOLONG.
  public static var nameTooLong: Self { Self(rawValue: 36) }
  /// ENOLCK.
  public static var noLocks: Self { Self(rawValue: 37) }
  /// ENOSYS.
  public static var noSystemCall: Self { Self(rawValue: 38) }
  /// ENOTEMPTY.
  public static var notEmpty: Self { Self(rawValue: 39) }
  /// ELOOP.
  public static var symbolicLinkLoop: Self { Self(rawValue: 40) }
  /// EOVERFLOW.
  public static var overflow: Self { Self(rawValue: 75) }
  /// ELIBBAD.
  public static var badLibrary: Self { Self(rawValue: 80) }
  /// ENOTSOCK.
  public static var notSocket: Self { Self(rawValue: 88) }
  /// EMSGSIZE.
  public static var messageTooLong: Self { Self(rawValue: 90) }
  /// ENOPROTOOPT.
  public static var noOption: Self { Self(rawValue: 92) }
  /// EPROTONOSUPPORT.
  public static var noProtocol: Self { Self(rawValue: 93) }
  /// ESOCKTNOSUPPORT.
  public static var noSocketType: Self { Self(rawValue: 94) }
  /// EOPNOTSUPP.
  public static var notSupported: Self { Self(rawValue: 95) }
  /// EAFNOSUPPORT.
  public static var noFamily: Self { Self(rawValue: 97) }
  /// ECONNRESET.
  public static var connectionReset: Self { Self(rawValue: 104) }
  /// ENOBUFS.
  public static var noBuffers: Self { Self(rawValue: 105) }
  /// EISCONN.
  public static var isConnected: Self { Self(rawValue: 106) }
  /// ENOTCONN.
  public static var notConnected: Self { Self(rawValue: 107) }
  /// ETIMEDOUT.
  public static var timedOut: Self { Self(rawValue: 110) }
  /// ECONNREFUSED.
  public static var connectionRefused: Self { Self(rawValue: 111) }
  /// ECANCELED.
  public static var canceled: Self { Self(rawValue: 125) }
  // A signal interrupted the call. `CallRestart` says what the program sees instead.
  /// ERESTARTSYS: the call is made again if the handler was set with SA_RESTART; else it is EINTR.
  public static var restartsIfAsked: Self { Self(rawValue: 512) }
  /// ERESTARTNOINTR: the call is made again whatever the handler was set with.
  public static var restartsAlways: Self { Self(rawValue: 513) }
  /// ERESTARTNOHAND: the call is made again only if no handler ran.
  public static var restartsUnlessHandled: Self { Self(rawValue: 514) }
  /// ERESTART_RESTARTBLOCK: a wait is made again, and still ends at `CallRestart.deadline`.
  public static var restartsRest: Self { Self(rawValue: 516) }

  /// The result of the call: the negative number.
  @inline(__always)
  // Wrapping: the numbers are small and positive.
  var result: Word { 0 &- Word(truncatingIfNeeded: rawValue) }

  /// The errno for an error of the memory subsystem.
  public init(_ error: MemoryError) {
    switch error {
    case .outOfMemory: self = .outOfMemory
    case .invalid: self = .invalid
    case .notPermitted: self = .notPermitted
    case .exists: self = .exists
    case .accessDenied: self = .accessDenied
    case .fault: self = .badAddress
    }
  }
}
