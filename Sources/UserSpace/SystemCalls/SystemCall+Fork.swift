// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: process and frame outlive the call; nothing else uses a new thread or process before it
// starts.
/// fork, vfork, clone, and the ends of processes and threads.
extension SystemCall {
  private static var memory: UInt32 { 0x100 }
  private static var fileSystem: UInt32 { 0x200 }
  private static var descriptors: UInt32 { 0x400 }
  private static var handlers: UInt32 { 0x800 }
  private static var makesHandle: UInt32 { 0x1000 }
  private static var suspends: UInt32 { 0x4000 }
  private static var sibling: UInt32 { 0x8000 }
  private static var threadFlag: UInt32 { 0x10000 }
  private static var setsThreadPointer: UInt32 { 0x80000 }
  private static var setsParentWord: UInt32 { 0x100000 }
  private static var clearsWord: UInt32 { 0x200000 }
  private static var setsChildWord: UInt32 { 0x1000000 }
  /// All flags above, the end signal, and the flags that have no effect here: CLONE_PTRACE,
  /// CLONE_SYSVSEM, CLONE_DETACHED, CLONE_UNTRACED, CLONE_IO.
  private static var known: UInt32 { 0x81fd_ffff }

  /// vfork's flags: CLONE_VFORK, CLONE_VM and SIGCHLD.
  static var vforkFlags: UInt32 { suspends | memory | 17 }

  /// clone, in the order of arguments of most architectures (CLONE_BACKWARDS): flags, stack,
  /// address of the number for the parent, thread pointer, address of the number for the child.
  @inline(__always)
  func clone() throws(Errno) -> Word {
    try clone(
      flags: argument(0), stack: address(1), parentWord: address(2), threadPointer: word(3),
      childWord: address(4))
  }

  /// fork: a child with a copy of the address space, whose end signal is SIGCHLD.
  @inline(__always)
  func fork() throws(Errno) -> Word {
    try clone(flags: 17, stack: 0, parentWord: 0, threadPointer: 0, childWord: 0)
  }

  /// vfork: a child that uses the caller's address space until it executes a program or ends.
  @inline(__always)
  func vfork() throws(Errno) -> Word {
    try clone(flags: Self.vforkFlags, stack: 0, parentWord: 0, threadPointer: 0, childWord: 0)
  }

  /// Makes a thread or a process and returns its number. fork and vfork pass 0 for the stack and
  /// the addresses. The descriptor of a handle is stored at `handleWord`, which is `parentWord`
  /// for all calls but clone3.
  ///
  /// - Throws: `invalid`, `interrupted` if the caller must end, `tryAgain`, `outOfMemory`.
  @inline(never)
  func clone(
    flags: UInt32, stack: UserAddress, parentWord: UserAddress, threadPointer: Word,
    childWord: UserAddress, handleWord: UserAddress? = nil, clearsHandlers: Bool = false
  ) throws(Errno) -> Word {
    let handleWord = handleWord ?? parentWord
    try check(flags, isHandleApart: handleWord != parentWord)
    // A thread that must end makes no new one, because a thread in execve waits until it is alone.
    guard !P.thread.pointee.isEnding else { throw .interrupted }
    var start = frame.pointee
    start.result = 0
    if stack != 0 { start.stackPointer = stack }
    let pointer = flags & Self.setsThreadPointer != 0 ? threadPointer : P.threadPointer
    let isThread = flags & Self.threadFlag != 0
    let owner: ProcessReference<P>
    let task: TaskNumber
    if isThread {
      owner = process
      task = try makeThread(start, pointer)
    } else {
      let request = CloneRequest(
        endSignal: UInt8(flags & 0xff), sharesParentSpace: flags & Self.memory != 0,
        isSibling: flags & Self.sibling != 0)
      var handle: UInt32?
      do throws(Errno) {
        // The handle first, because nothing can fail after the fork.
        if flags & Self.makesHandle != 0 {
          handle = try openHandle(ProcessIdentity())
          try store([handle ?? 0] as InlineArray<1, UInt32>, at: handleWord)
        }
        (owner, task) = try unsafe Process<P>.fork(
          process, request, start, threadPointer: pointer)
      } catch {
        // Unless another thread has closed it; the number may be another file's by now.
        if let handle, let file = try? files.file(handle),
          ProcessHandles<P>.handle(of: file)?.pointee.process.number == .zero
        {
          try? files.close(handle)
        }
        throw error
      }
      if let handle { setProcess(of: handle, to: owner) }
      if clearsHandlers { owner.pointee.signals.resetForExec() }
    }
    let child = P.processes.thread(of: task)
    let identifier = child.pointee.identifier.rawValue
    if flags & Self.clearsWord != 0 { child.pointee.clearAddress = childWord }
    let word: InlineArray<1, UInt32> = [identifier]
    // As in Linux, a bad address is ignored.
    if flags & Self.setsParentWord != 0 { try? store(word, at: parentWord) }
    if flags & Self.setsChildWord != 0 {
      // SAFETY: a word has no padding.
      try? unsafe owner.pointee.space.write(word.span.bytes, to: childWord)
    }
    let suspends = flags & Self.suspends != 0 && !isThread
    if suspends { markVforkWaiter(for: owner) }
    P.traceName(child.pointee.name, of: task)
    P.start(task, in: owner)
    if suspends { waitForRelease(of: owner) }
    return Word(identifier)
  }

  /// Makes `owner` the process of a handle that was opened before, unless another thread has closed
  /// it.
  private func setProcess(of descriptor: UInt32, to owner: ProcessReference<P>) {
    let number = owner.pointee.identifier
    guard let file = try? files.file(descriptor), let handle = ProcessHandles<P>.handle(of: file),
      handle.pointee.process.number == .zero,
      let identity = P.processes.withLock({ $0.identity(of: number) })
    else { return }
    handle.pointee.process = identity
    // As on Linux, the child has no handle of itself. It does not run yet.
    if let copy = try? owner.pointee.files.file(descriptor), copy == file {
      try? owner.pointee.files.close(descriptor)
    }
  }

  /// Checks the flags by Linux' rules and two of this kernel: only threads share files, directory
  /// and signal actions, and a process shares memory only until it executes a program
  /// (CLONE_VFORK).
  ///
  /// - Throws: `invalid`.
  func check(_ flags: UInt32, isHandleApart: Bool) throws(Errno) {
    let shared = Self.fileSystem | Self.descriptors | Self.handlers
    guard flags & ~Self.known == 0, flags & 0xff <= 64 else { throw .invalid }
    if flags & Self.makesHandle != 0 {
      // CLONE_DETACHED, and what uses the same address.
      guard flags & (Self.threadFlag | 0x40_0000) == 0,
        isHandleApart || flags & Self.setsParentWord == 0
      else { throw .invalid }
    }
    if flags & Self.threadFlag != 0 {
      guard flags & (shared | Self.memory) == shared | Self.memory else { throw .invalid }
    } else {
      guard flags & shared == 0, flags & Self.memory == 0 || flags & Self.suspends != 0 else {
        throw .invalid
      }
      // A sibling of init would have no parent.
      guard flags & Self.sibling == 0 || process.pointee.identifier != .first else {
        throw .invalid
      }
    }
  }

  private func makeThread(
    _ start: borrowing Registers, _ threadPointer: Word
  ) throws(Errno) -> TaskNumber {
    let scheduling = try P.thread.pointee.scheduling.inherited()
    let traits = P.thread.pointee.traits.inherited
    let task = try P.makeTask(start, threadPointer: threadPointer, scheduling)
    guard P.thread.pointee.stop == .none else {
      P.freeTask(task)
      throw .restartsAlways  // The new thread would miss the stop.
    }
    P.stopPublishingTimes(of: P.task)  // Two threads read CPU time by system call.
    let (mask, name) = (P.thread.pointee.signals.mask, P.thread.pointee.name)
    let now = P.monotonicNanoseconds()
    P.processes.withLock { table in
      let identifier = table.newIdentifier()
      table.enter(task, identifier: identifier, process: process, name: name)
      table.thread(task).pointee.started = now
      table.thread(task).pointee.scheduling = scheduling
      table.thread(task).pointee.traits = traits
      table.thread(task).pointee.signals.mask = mask
      process.pointee.threadCount += 1
    }
    return task
  }

  /// Makes the running thread wait until `child` has released its memory.
  private func markVforkWaiter(for child: ProcessReference<P>) {
    let me = P.thread
    me.pointee.wait = .vfork
    child.pointee.vforkWaiter = me.pointee.task
    // The child uses the same [vvar] page, whose CPU time would be the parent's.
    P.stopPublishingTimes(of: me.pointee.task)
  }

  /// Blocks until `child` has released this thread's memory, or until this thread is dying. In that
  /// case the child keeps its reference to the memory and is not affected.
  private func waitForRelease(of child: ProcessReference<P>) {
    let me = P.thread
    while me.pointee.wait == .vfork {
      guard !Thread<P>.isDying(me) else {
        child.pointee.vforkWaiter = nil
        me.pointee.wait = .nothing
        return
      }
      P.wait(until: .max)
    }
    if process.pointee.threadCount == 1 { process.pointee.publishTimes() }
  }

  /// exit: ends the thread, and the process with its last thread.
  @inline(__always)
  func exitThread() -> Word {
    if process.pointee.threadCount == 1 { return exit() }
    Thread<P>.finish()
    return 0
  }

  /// exit_group: ends the process.
  @inline(never)
  func exit() -> Word {
    process.pointee.end(.exited(UInt8(truncatingIfNeeded: argument(0))))
    return 0
  }

  /// set_tid_address: the address that is cleared when the thread ends. Returns the number of the
  /// thread.
  @inline(__always)
  func setClearAddress() -> Word {
    let thread = P.thread
    thread.pointee.clearAddress = address(0)
    return Word(thread.pointee.identifier.rawValue)
  }

  /// get_robust_list: the thread, the address for the address of its list, and the address for the
  /// length of its head.
  @inline(__always)
  func getRobustList() throws(Errno) -> Word {
    let thread = P.processes.thread(of: try threadTask(argument(0)))
    let head = thread.pointee.robustList
    var size = P.ABI.Long(RobustList<P>.headSize)
    try store(record: &size, at: address(2))
    var list = P.ABI.Long(head.word)
    try store(record: &list, at: address(1))
    return 0
  }

  /// set_robust_list: the address of the list that is walked when the thread ends.
  @inline(__always)
  func setRobustList() throws(Errno) -> Word {
    guard word(1) == RobustList<P>.headSize else { throw .invalid }
    P.thread.pointee.robustList = address(0)
    return 0
  }
}
