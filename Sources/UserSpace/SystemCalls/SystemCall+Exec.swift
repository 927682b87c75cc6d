// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: process and frame outlive the call; no other thread uses the new address space before it
// replaces the old one.
/// execve: the process runs another program.
///
/// The new address space is built beside the old one, so a failure leaves the program unchanged.
/// Only then do the other threads end, and the new address space replaces the old one.
extension SystemCall {
  /// execve: the path, the arguments and the environment. As in Linux, all are read before the file
  /// is looked up.
  ///
  /// - Throws: the errors of the path resolution, also of the interpreter's; `accessDenied` if the
  ///   file or its interpreter is not regular or not executable; `notExecutable`; `badLibrary` and
  ///   `inputOutput` if the interpreter is no program; `symbolicLinkLoop` for too many scripts;
  ///   `argumentsTooLong`; `badAddress`; `outOfMemory`.
  @inline(__always)
  func execute() throws(Errno) -> Word {
    let stackLimit = process.pointee.limits[.stack]
    let arguments = try UserArguments(of: self, stackLimit: stackLimit)
    let node = try resolve(at: FileNode.currentDirectory, address(0), followsLast: true)
    Files<P>.retain(node)  // The kernel lock is dropped while other threads end.
    defer { Files<P>.release(node) }
    guard Files<P>.status(node).mode & 0o111 != 0 else { throw .accessDenied }
    P.preemptionPoint()
    let (directory, pool) = (process.pointee.directory, process.pointee.space.pool)
    var scripts = try ScriptStrings<P>(pool: pool)
    let image = try scripts.follow(node, from: directory)
    var heads = FileHeads<P>()
    defer { heads.release() }
    var executable: Executable<P>
    do {
      executable = try Executable(ProgramFile(image, &heads), from: directory, &heads)
    } catch { throw error.errno }
    P.preemptionPoint()
    let memory = try makeAddressSpace()
    P.preemptionPoint()
    let program: LoadedProgram<P>
    do throws(Errno) {
      program = try ProgramLoader<P>.load(&executable, scripts, arguments, into: memory)
      try endOtherThreads()
    } catch {
      memory.release()
      throw error
    }
    memory.space.setStackLimit(stackLimit)
    P.preemptionPoint()
    process.pointee.beginExec(of: program)
    P.preemptionPoint()
    let old = process.pointee.resetForExec(in: memory)
    frame.pointee = program.registers
    P.preemptionPoint()
    process.pointee.files.closeAll(forExec: true)
    old.release()
    return 0
  }

  /// An empty address space. There are preemption points between its parts.
  ///
  /// - Throws: `outOfMemory`.
  @inline(never)
  private func makeAddressSpace() throws(Errno) -> SpaceReference<P> {
    let pool = process.pointee.space.pool
    let layout = P.newLayout()
    P.preemptionPoint()
    do {
      let table = try P.makeTable(pool)
      P.preemptionPoint()
      return try SpaceReference.make(table: table, pool: pool, layout: layout)
    } catch { throw Errno(error) }
  }

  /// Ends all other threads of the process and waits until they have ended. If two threads execute
  /// a program at once, the first one wins, because it marks the second one to end.
  ///
  /// - Throws: `interrupted` if this thread must end, or if a signal ends its process.
  private func endOtherThreads() throws(Errno) {
    let me = P.thread
    guard !me.pointee.isEnding else { throw .interrupted }
    guard process.pointee.threadCount > 1 else { return }
    me.pointee.wait = .soleThread
    process.pointee.isExecuting = true
    process.pointee.endOtherThreads()
    defer {
      me.pointee.wait = .nothing
      process.pointee.isExecuting = false
    }
    while process.pointee.threadCount > 1 {
      guard !Thread<P>.isDying(me) else { throw .interrupted }
      P.wait(until: .max)
    }
  }
}
