// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Error numbers of the Linux ABI (asm-generic/errno-base.h and errno.h), positive.
///
/// A system call throws one; the dispatcher puts its negative into r0.
public enum Errno: Int32, Error, Equatable, Sendable {
  case notPermitted = 1  // EPERM
  case noEntry = 2  // ENOENT
  case noProcess = 3  // ESRCH
  case interrupted = 4  // EINTR
  case argumentsTooLong = 7  // E2BIG
  case notExecutable = 8  // ENOEXEC
  case badDescriptor = 9  // EBADF
  case noChild = 10  // ECHILD
  case tryAgain = 11  // EAGAIN
  case outOfMemory = 12  // ENOMEM
  case accessDenied = 13  // EACCES
  case badAddress = 14  // EFAULT
  case exists = 17  // EEXIST
  case noDevice = 19  // ENODEV
  case notDirectory = 20  // ENOTDIR
  case isDirectory = 21  // EISDIR
  case invalid = 22  // EINVAL
  case tooManyFiles = 24  // EMFILE
  case notTerminal = 25  // ENOTTY
  case illegalSeek = 29  // ESPIPE
  case readOnlyFileSystem = 30  // EROFS
  case outOfRange = 34  // ERANGE
  case nameTooLong = 36  // ENAMETOOLONG
  case noSystemCall = 38  // ENOSYS
  case symbolicLinkLoop = 40  // ELOOP
  case overflow = 75  // EOVERFLOW
  case notSupported = 95  // EOPNOTSUPP
  case timedOut = 110  // ETIMEDOUT
  // A signal came. What the program sees instead, `CallRestart` says.
  /// The call is made again if the handler was set with SA_RESTART; else it is EINTR.
  case restartsIfAsked = 512  // ERESTARTSYS
  /// It is made again whatever the handler was set with.
  case restartsAlways = 513  // ERESTARTNOINTR
  /// It is made again only if no handler ran.
  case restartsUnlessHandled = 514  // ERESTARTNOHAND
  /// The same for a wait that began earlier and ends at `CallRestart.deadline`.
  case restartsRest = 516  // ERESTART_RESTARTBLOCK

  /// The one table from the memory subsystem's errors.
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
