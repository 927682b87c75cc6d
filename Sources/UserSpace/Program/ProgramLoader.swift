// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// A program in an address space, before a process runs it.
struct LoadedProgram<P: Platform> {
  let node: FileNode
  /// The name of the process that runs it.
  var name: ProgramName
  /// Its vDSO; nil if it has none.
  let vdso: VdsoMapping?
  /// The registers with which it starts.
  let registers: P.ABI.Registers
}

/// Loads a program into an empty address space: segments, vDSO, stack. The first program and those
/// of execve differ in the source of their arguments only.
enum ProgramLoader<P: Platform> {
  /// Loads `executable`, with a stack of what `source` has and scripts insert, and sets its
  /// addresses. If there is no frame for the process's own [vvar] page, the vDSO is not mapped.
  ///
  /// It is part of each of its two callers, so that of the first program is boot text.
  ///
  /// - Throws: the error of the part that failed; the caller must then release `memory`.
  @inline(__always)
  static func load<Source: ArgumentSource<P>>(
    _ executable: inout Executable<P>, _ scripts: borrowing ScriptStrings<P>, _ source: Source,
    into memory: SpaceReference<P>
  ) throws(Errno) -> LoadedProgram<P> {
    var (stack, vdso) = try map(
      &executable, source.pathCount, scripts.sizes(with: source), memory)
    P.preemptionPoint()
    var name = ProgramName()
    let (path, pathCount) = (stack.path, source.pathCount)
    try source.readPath { (part, offset) throws(MemoryError) in
      // Another thread may have made the path longer since it was measured.
      guard offset + part.count <= pathCount + 1 else { throw .fault }
      name.append(part)
      // SAFETY: bytes have no padding.
      try unsafe memory.space.write(part.bytes, to: path &+ Word(offset))
    }
    if scripts.count > 0 { try append(scripts, source, to: &stack, memory) }
    try source.append(from: min(scripts.count, 1), to: &stack, in: &memory.space)
    P.preemptionPoint()
    return LoadedProgram(
      node: executable.file.node, name: name, vdso: vdso,
      registers: try finish(executable, &stack, vdso: vdso?.header, memory))
  }

  /// Appends the arguments that scripts insert, and the path. In line, because the boot's copy is
  /// boot text, as what it reads of the command line.
  @inline(__always)
  private static func append<Source: ArgumentSource<P>>(
    _ scripts: borrowing ScriptStrings<P>, _ source: Source, to stack: inout StackImage<P.ABI>,
    _ memory: SpaceReference<P>
  ) throws(Errno) {
    do throws(MemoryError) { try scripts.append(to: &stack, in: &memory.space) } catch {
      throw Errno(error)
    }
    try source.readPath { (part, _) throws(MemoryError) in
      let hasZero = part.count > 0 && part[part.count - 1] == 0
      let text = hasZero ? part.extracting(droppingLast: 1) : part
      guard stack.hasRoom(for: text.count) else { throw .fault }
      try stack.append(text, to: &memory.space)
    }
    do throws(MemoryError) { try stack.endString(in: &memory.space) } catch { throw Errno(error) }
  }

  /// Maps everything and reserves the stack.
  @inline(never)
  private static func map(
    _ executable: inout Executable<P>, _ pathCount: Int, _ sizes: ArgumentSizes<P.ABI>,
    _ memory: SpaceReference<P>
  ) throws(Errno) -> (stack: StackImage<P.ABI>, vdso: VdsoMapping?) {
    let top = memory.space.layout.stackTop
    let stack = StackImage<P.ABI>(
      top: top, sizes: sizes, pathCount: pathCount,
      vectorCount: AuxiliaryVector<P.ABI>.greatestWordCount)
    let processPageFrame = memory.processPageFrame()
    do {
      try executable.map(into: &memory.space)
      P.preemptionPoint()
      let vdso = processPageFrame.flatMap {
        P.loadVdso(into: &memory.space, processPageFrame: $0)
      }
      P.preemptionPoint()
      // As on Linux: 128 KiB in addition to the initial contents.
      try memory.space.mapStack(
        initial: Page.roundedUp(stack.count(below: top)) + 128 * 1024)
      return (stack, vdso)
    } catch {
      throw Errno(error)
    }
  }

  /// Writes the rest of the stack and returns the start registers.
  @inline(never)
  private static func finish(
    _ executable: Executable<P>, _ stack: inout StackImage<P.ABI>, vdso: UserAddress?,
    _ memory: SpaceReference<P>
  ) throws(Errno) -> P.ABI.Registers {
    let vector = AuxiliaryVector<P.ABI>(
      executable.file.program, interpreterBase: executable.interpreterBase, vdso: vdso,
      random: stack.random, executablePath: stack.path, platform: stack.platform)
    do { try stack.finish(vector, random: P.randomWords(), in: &memory.space) } catch {
      throw Errno(error)
    }
    memory.strings = stack.strings
    return P.ABI.Registers(
      entry: executable.entry, stackPointer: stack.stackPointer)
  }
}
