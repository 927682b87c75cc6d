// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// pidfd_open, pidfd_send_signal and pidfd_getfd, and the handles that clone makes.
extension SystemCall {
  private static var nonBlocking: UInt32 { 0o4000 }

  /// pidfd_open: the process, and PIDFD_NONBLOCK or nothing. A thread that is not its process's
  /// first one has no handle.
  @inline(never)
  func openProcess() throws(Errno) -> Word {
    guard argument(1) & ~Self.nonBlocking == 0, let number = ProcessID(argument: argument(0)) else {
      throw .invalid
    }
    let identity = try P.processes.withLock { (table) throws(Errno) -> ProcessIdentity in
      if let identity = table.identity(of: number) { return identity }
      throw table.task(of: number.firstThread) == nil ? .noProcess : .invalid
    }
    return Word(try openHandle(identity, flags: argument(1)))
  }

  /// Opens a handle of a process at the lowest free descriptor, which exec closes.
  ///
  /// - Throws: `outOfMemory`, `tooManyFiles`, `fileTableFull`.
  func openHandle(_ identity: ProcessIdentity, flags: UInt32 = 0) throws(Errno) -> UInt32 {
    let handle = try ProcessHandles<P>.make(identity)
    do throws(Errno) {
      return UInt32(
        truncatingIfNeeded: try open(.process(handle), .processes, flags | 2, closesOnExec: true))
    } catch {
      ProcessHandles<P>.free(handle)
      throw error
    }
  }

  /// The process of a handle.
  ///
  /// - Throws: `badDescriptor`.
  func handle(_ descriptor: UInt32) throws(Errno) -> (ProcessIdentity, mayBlock: Bool) {
    let file = try files.file(descriptor)
    guard let handle = ProcessHandles<P>.handle(of: file) else { throw .badDescriptor }
    return (handle.pointee.process, file.file.mayBlock)
  }

  /// pidfd_getfd: the handle, a descriptor of its process, and no flags. Opens the file of that
  /// descriptor, too, at one that exec closes.
  @inline(never)
  func takeFile() throws(Errno) -> Word {
    guard argument(2) == 0 else { throw .invalid }
    let (identity, _) = try handle(argument(0))
    let owner = try P.processes.withLock { (table) throws(Errno) -> ProcessReference<P> in
      guard identity.number != .zero, let slot = table.index(of: identity.number),
        table[slot].serial == identity.serial
      else { throw .noProcess }
      guard let owner = table[slot].record else { throw .badDescriptor }
      return owner
    }
    // The kernel lock keeps the process.
    guard let file = owner.pointee.files.number(of: argument(1)) else { throw .badDescriptor }
    return Word(try files.add(file, below: descriptorLimit))
  }

  /// pidfd_send_signal: the handle, the signal, the address of a siginfo or null, flags, which must
  /// be 0.
  @inline(never)
  func signalHandle() throws(Errno) -> Word {
    guard argument(3) == 0 else { throw .invalid }
    let (identity, _) = try handle(argument(0))
    let number = argument(1)
    var info: SignalInfo?
    if address(2) != 0 {
      let words: InlineArray<8, UInt32> = try load(address(2))
      guard words[0] == number else { throw .invalid }
      let code = Int32(bitPattern: words[2])
      let isOwn = identity.number == process.pointee.identifier
      guard code < 0 && code != SignalInfo.byThreadKill || isOwn else { throw .notPermitted }
      info = Signal(number: number).map { SignalInfo(words, P.ABI.Long.self, for: $0) }
    }
    let me = process.pointee.identifier
    try P.processes.withLock { (table) throws(Errno) in
      guard identity.number != .zero, let slot = table.index(of: identity.number),
        table[slot].serial == identity.serial
      else { throw .noProcess }
      guard number <= 64 else { throw .invalid }
      guard let signal = Signal(number: number), let target = table[slot].record else { return }
      let given = info ?? SignalInfo(signal, code: SignalInfo.byKill, me.rawValue, 0, 0)
      guard table.send(given, to: target) != .refused else { throw .tryAgain }
    }
    return 0
  }
}
