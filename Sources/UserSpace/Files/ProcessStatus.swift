// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What /proc shows of an open descriptor.
public struct DescriptorStatus {
  let node: FileNode
  /// The flags and the position of the open file.
  let flags: UInt32
  let position: UInt64
  let closesOnExec: Bool
}

/// What /proc shows of a process, or of one of its threads, besides memory and files. The values
/// are copied at one time, so the text that they become is consistent.
public struct ProcessStatus {
  /// The number of the process, and of the thread that is shown: for a process the first one.
  var process = ProcessID.zero
  var thread = ThreadID.zero
  var parent = ProcessID.zero
  var group = ProcessID.zero
  var session = ProcessID.zero
  /// Its controlling terminal, and that terminal's foreground group.
  var terminal: TerminalNumber?
  var foreground = ProcessID.zero
  /// The name: up to 15 bytes, padded with zeros.
  var name = InlineArray<16, UInt8>(repeating: 0)
  var state = ProcessState.zombie
  /// The number of its threads.
  var threads: UInt32 = 1
  /// The CPU time that it and the children that it waited for have used.
  var time = SplitTime()
  var childrenTime = SplitTime()
  /// When it was created, in monotonic nanoseconds.
  var started: UInt64 = 0
  var scheduling = Scheduling()
  /// The CPU that runs it, or ran it last.
  var cpu: UInt32 = 0
  /// The CPUs on which it may run.
  var affinity = CpuMask.none
  /// How often it was switched in.
  var switches: UInt32 = 0
  /// The signals that are pending for the thread and for the process, and those that are blocked,
  /// ignored and handled; signal n is bit n - 1.
  var pending: UInt64 = 0
  var sharedPending: UInt64 = 0
  var blocked: UInt64 = 0
  var ignored: UInt64 = 0
  var handled: UInt64 = 0
  /// The greatest number of pending signals with siginfo.
  var signalLimit: Word = 0
  /// The signal that its end sends to its parent; 0 for none.
  var endSignal: UInt8 = 0
  /// The exit status in wait4's format, after its end.
  var exitStatus: UInt32 = 0
  /// The file mode mask.
  var fileMask: UInt32 = 0
  var hasNoNewPrivileges = false
  /// oom_score_adj.
  var memoryScore: Int32 = 0
  /// The number of descriptors that its table has room for; 0 for a zombie.
  var descriptors: UInt32 = 0
  /// What it has read and written.
  var transfers = TransferCounts()
  /// Number of system calls, and of clock system calls from its vDSO code.
  var systemCalls: UInt64 = 0
  var vdsoFallbacks: UInt64 = 0

  /// An empty one. Not inlined: the values are 300 bytes.
  @inline(never)
  init() {}
}
