// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: process and frame outlive the call; no other thread uses the new address space before it
// replaces the old one.
/// execve and execveat: the process runs another program.
///
/// The new address space is built beside the old one, so a failure leaves the program unchanged.
/// Only then do the other threads end, and the new address space replaces the old one.
extension SystemCall {
  /// execve: the path, the arguments and the environment.
  @inline(__always)
  func execute() throws(Errno) -> Word {
    try execute(at: FileNode.currentDirectory, pathIndex: 0, flags: 0)
  }

  /// execveat: the directory, and after that as execve, then the flags.
  @inline(__always)
  func executeAt() throws(Errno) -> Word {
    try execute(at: argument(0), pathIndex: 1, flags: argument(4))
  }

  /// Runs the program whose path is the argument `pathIndex`; its arguments and the environment are
  /// the two after it. As in Linux, all are read before the file is looked up and the flags are
  /// checked.
  ///
  /// - Throws: the errors of the path resolution, also of the interpreter's; `accessDenied` if the
  ///   file or its interpreter is not regular or not executable; `notExecutable`; `badLibrary` and
  ///   `inputOutput` if the interpreter is no program; `symbolicLinkLoop` for too many scripts, and
  ///   for a link that is not to be followed; `noEntry` for a script whose descriptor the
  ///   interpreter could not open; `argumentsTooLong`; `badAddress`; `outOfMemory`.
  @inline(never)
  private func execute(
    at directory: UInt32, pathIndex: Int, flags: UInt32
  ) throws(Errno) -> Word {
    let stackLimit = process.pointee.limits[.stack]
    let arguments = try UserArguments(
      of: self, at: directory, pathIndex, mayBeEmpty: flags & Self.emptyPath != 0,
      stackLimit: stackLimit)
    guard flags & ~(Self.noFollowLast | Self.emptyPath) == 0 else { throw .invalid }
    let node = try node(at: directory, address(pathIndex), flags: flags)
    Files<P>.retain(node)  // The kernel lock is dropped while other threads end.
    defer { Files<P>.release(node) }
    guard Files<P>.type(node) != FileStatus.link else { throw .symbolicLinkLoop }
    guard Files<P>.status(node).mode & 0o111 != 0 else { throw .accessDenied }
    P.preemptionPoint()
    let (origin, pool) = (process.pointee.directory, process.pointee.space.pool)
    var scripts = try ScriptStrings<P>(pool: pool)
    let image = try scripts.follow(node, from: origin)
    if scripts.count > 0, arguments.isBelowDescriptor, try files.closesOnExec(directory) {
      throw .noEntry
    }
    var heads = FileHeads<P>()
    defer { heads.release() }
    var executable: Executable<P>
    do {
      executable = try Executable(ProgramFile(image, &heads), from: origin, &heads)
    } catch { throw error.errno }
    P.preemptionPoint()
    let memory = try makeAddressSpace()
    P.preemptionPoint()
    var program: LoadedProgram<P>
    do throws(Errno) {
      program = try ProgramLoader<P>.load(&executable, scripts, arguments, into: memory)
      try endOtherThreads()
    } catch {
      memory.release()
      throw error
    }
    if !arguments.hasPath, let name = FileTree<P>.name(of: image) {
      program.name = ProgramName(name.text)
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
