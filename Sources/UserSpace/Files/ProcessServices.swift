// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What /proc asks about processes and threads by their numbers. Called under the kernel lock with
/// interrupts on and no spin lock held. After a preemption point a process may have gone: the
/// caller asks again.
public protocol ProcessServices: MemoryServices {
  /// The process with the lowest number from `first` on, zombies included; nil if there is none.
  static func process(from first: ProcessID) -> ProcessID?

  /// The thread of a process with the lowest number from `first` on; nil if there is none. A zombie
  /// has its first thread.
  static func thread(from first: ThreadID, of process: ProcessID) -> ThreadID?

  /// The process that has this thread; nil if there is no such thread.
  static func process(of thread: ThreadID) -> ProcessID?

  /// Stores what is shown of a process in `status`, which is new; false if the process has gone.
  static func describe(_ process: ProcessID, to status: inout ProcessStatus) -> Bool

  /// Stores what is shown of a thread in `status`, which is new; false if the thread has gone.
  static func describe(_ thread: ThreadID, to status: inout ProcessStatus) -> Bool

  /// The address space of a process; nil if the process has gone, ends or is a zombie.
  static func memory(of process: ProcessID) -> SpaceReference<Self>?

  /// The lowest open descriptor of a process from `first` on; nil if there is none.
  static func descriptor(from first: UInt32, of process: ProcessID) -> UInt32?

  /// What is shown of an open descriptor of a process; nil if it is closed.
  static func openFile(_ descriptor: UInt32, of process: ProcessID) -> DescriptorStatus?

  /// The program file, the working directory and the root directory of a process; nil if it has
  /// gone, ends or is a zombie.
  static func nodes(
    of process: ProcessID
  ) -> (executable: FileNode, directory: FileNode, root: FileNode)?

  /// The limits of resource `number`, which is below 16; nil if the process has gone or is a
  /// zombie.
  static func limit(_ number: Int, of process: ProcessID) -> (soft: Word, hard: Word)?

  /// Sets the name of a thread of the running process.
  ///
  /// - Throws: `invalid` for a thread of another process, `noProcess`.
  static func setName(_ name: InlineArray<16, UInt8>, of thread: ThreadID) throws(Errno)

  /// Sets oom_score_adj of a process.
  ///
  /// - Throws: `noProcess`.
  static func setMemoryScore(_ score: Int32, of process: ProcessID) throws(Errno)
}
