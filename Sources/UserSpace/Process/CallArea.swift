// SPDX-License-Identifier: Apache-2.0
/// What the port's entry code has at hand for the task that enters: four words that it keeps where
/// it finds them without a register, at the top of the task's kernel stack.
///
/// The entry code counts each system call here and answers getppid from here; all other calls go to
/// `SystemCalls`, clock_gettime64 by its own entry. Only the task itself counts. The parent changes
/// under the process table's lock.
@safe public struct CallArea<P: Platform> {
  /// System calls that the task has made.
  var calls: UInt64 = 0
  /// What getppid answers.
  var parent: UInt32
  // SAFETY: the record lives as long as the thread.
  /// The record of its process.
  let process: UnsafeMutablePointer<Process<P>>

  // SAFETY: the caller has the process.
  /// The area of a new thread of `process`.
  @unsafe init(_ process: UnsafeMutablePointer<Process<P>>) {
    unsafe parent = process.pointee.parent
    unsafe self.process = process
  }
}

// SAFETY: places below `threadEnd` are threads; a thread's process outlives it.
extension ProcessTable {
  /// Calls `body` with the task of each thread of a process.
  @inline(never)
  func forEachThread(of identifier: UInt32, _ body: (UInt32) -> Void) {
    for task in 0..<UInt32(threadEnd) {
      guard let process = unsafe thread(task).pointee.process,
        unsafe process.pointee.identifier == identifier
      else { continue }
      body(task)
    }
  }
}
