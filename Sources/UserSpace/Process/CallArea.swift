// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Four words at the top of a task's kernel stack, which the port's entry code can address without
/// a free register.
///
/// The entry code counts system calls here and answers getppid from here. It passes all other calls
/// to `SystemCalls`, clock_gettime64 through an entry of its own. Only the task itself changes
/// `calls`; `parent` changes under the process table's lock.
@safe public struct CallArea<P: Platform> {
  /// Number of system calls that the task has made.
  var calls: UInt64 = 0
  /// The result of getppid.
  var parent: ProcessID
  // SAFETY: the record lives as long as the thread.
  /// The process of the task.
  let process: ProcessReference<P>

  // SAFETY: the caller passes a live process, which outlives its threads.
  /// The call area of a new thread of `process`.
  @unsafe init(_ process: ProcessReference<P>) {
    parent = process.pointee.parent
    self.process = process
  }
}

extension ProcessTable {
  /// Calls `body` with the task of each thread of the process with number `identifier`. Under the
  /// process table's lock.
  @inline(never)
  func forEachThread(of identifier: ProcessID, _ body: (TaskNumber) -> Void) {
    for index in 0..<threadEnd {
      let task = TaskNumber(index: index)
      guard let process = thread(task).pointee.process,
        process.pointee.identifier == identifier
      else { continue }
      body(task)
    }
  }
}
