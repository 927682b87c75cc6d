// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// System calls: entry, call table, and one method of `SystemCall` for each call.
//
// Principles
// - A call is a row of the call table and a method. The method reads its arguments from the frame,
//   checks all of them, then acts, and returns its result or throws an errno.
// - What a program sees is what Linux 6.1 answers, the order in which errors are checked included.
// - Arguments are allegations. User memory is accessed by the checked copies of `SystemCall` only.
//   Other threads may change it at any time, so what is read again is checked again.
// - A call that a signal interrupts throws a restart case of `Errno`. `Thread.doUserReturnWork`
//   then makes it again or answers EINTR, so a call must be able to start anew
//   (`SystemCall.deadline(after:)`).
//
// Parts, in the order of a call
// - ProgramABI: registers and numbers. SystemCalls: the entry. CallTable: the look-up.
// - SystemCall: the arguments and the copies from and to user memory. Errno: the errors.
// - SystemCall+…: the calls by subject: files, paths, memory, processes, signals, time.
//
// Locks. The call table says for each call whether it needs the kernel lock, and whether it may share
// it. It is held from before the function starts until after it returns, and dropped while the thread
// is blocked and at a preemption point (`FilePlatform.mustEnd`), which long calls have. A call that
// shares it uses no state of other processes, and no files, unless it acquires the lock alone
// (`enterKernel`) before it has looked anything up.
//
// It must not: touch user memory while an address space is changed or the process table's lock is
// held, because a fault needs both; keep large buffers on the kernel stack.

// SAFETY: the port passes a frame on this task's kernel stack, and the running process.
/// The entry to system calls: the port's entry code calls `dispatch` with the program's registers.
public enum SystemCalls<P: Platform> {
  /// Makes the system call whose number and arguments are in `frame`, and stores the result or a
  /// negative errno there. An unknown number is ENOSYS and changes nothing.
  ///
  /// Called with interrupts enabled and no lock held. If the process has ended when it returns,
  /// which happens only in tests, the program must not continue.
  ///
  /// The port's entry code counts the call before. It may answer getppid and clock_gettime64
  /// (`clockTime64`) itself, with what `CallArea` has.
  @inline(__always)
  public static func dispatch(
    _ frame: UnsafeMutablePointer<P.ABI.Registers>, _ process: ProcessReference<P>
  ) {
    let frame = unsafe RecordReference(at: frame)
    PreemptionWatch.begin(.call, call: UInt32(truncatingIfNeeded: frame.pointee.number))
    defer { PreemptionWatch.end(.call) }
    frame.pointee.result = SystemCall<P>(frame: frame, process: process).result()
  }

  /// clock_gettime64, the call whose cost matters most to programs. It stores its result in the
  /// frame. Interrupts are enabled, no lock is held. Budget: 150 instructions from the program's
  /// trap to its next instruction.
  @inline(__always)
  public static func clockTime64(
    _ frame: UnsafeMutablePointer<P.ABI.Registers>, _ process: ProcessReference<P>
  ) {
    unsafe SystemCall<P>(frame: RecordReference(at: frame), process: process).clockTime64()
  }
}

extension SystemCall {
  /// Looks the call up, runs its function with what its row needs, and returns the result.
  @inline(never)
  func result() -> Word {
    let call = P.ABI.call(frame.pointee.number)
    let needs = Self.needs(of: call)
    if needs.includeLock { P.enterKernel(alone: needs.includeKernelLock) }
    let result: Word
    do { result = try Self.row(of: call).function(self) } catch {
      if error.isRestart { prepareRestart(error) }
      result = error.result
    }
    if needs.includeLock { P.leaveKernel() }
    return result
  }
}

extension FileNode {
  /// AT_FDCWD: a relative path starts at the working directory.
  static var currentDirectory: UInt32 { UInt32(bitPattern: -100) }
}
