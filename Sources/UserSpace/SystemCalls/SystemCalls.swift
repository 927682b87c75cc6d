// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// SAFETY: the port gives a frame on this kernel stack, and the running process.
/// The way in: the port's entry code calls `handle` with the program's registers.
public enum SystemCalls<P: Platform> {
  /// Makes the system call that `frame` asks for: number in r7, arguments in r0 to r6, result in
  /// r0, a negative errno on failure. An unknown number is ENOSYS and changes nothing. Interrupts
  /// are on, no lock is held. When it returns and the process has ended, which happens in tests
  /// only, the program must not go on.
  ///
  /// The port's entry code has counted the call, and may have answered getppid and clock_gettime64
  /// (`clockTime64`) itself: see `CallArea`.
  @inline(__always)
  public static func handle(
    _ frame: UnsafeMutablePointer<TrapFrame>, _ process: UnsafeMutablePointer<Process<P>>
  ) {
    unsafe frame.pointee.r0 = SystemCall<P>(frame: frame, process: process).result()
  }

  /// The one call whose cost programs count, clock_gettime64. Budget: 150 instructions from the
  /// program's svc to its next instruction.
  @inline(__always)
  public static func clockTime64(
    _ frame: UnsafeMutablePointer<TrapFrame>, _ process: UnsafeMutablePointer<Process<P>>
  ) {
    unsafe SystemCall<P>(frame: frame, process: process).clockTime64()
  }
}

// SAFETY: the process and its frame outlive the call, whose one thread is here.
extension SystemCall {
  /// Finds the call's row, and runs its function with what it needs: what r0 gets.
  @inline(never)
  func result() -> UInt32 {
    guard let number = unsafe CallNumber(register: frame.pointee.r7) else {
      return Errno.noSystemCall.result
    }
    let needsLock = Self.needs(of: number).includeKernelLock
    if needsLock { P.enterKernel() }
    let result: UInt32
    do { result = try Self.row(of: number).function(self) } catch {
      if error.isRestart { noteRestart(error) }
      result = error.result
    }
    if needsLock { P.leaveKernel() }
    return result
  }
}

extension FileNode {
  /// AT_FDCWD: a path begins in the working directory.
  static var currentDirectory: UInt32 { UInt32(bitPattern: -100) }
}
