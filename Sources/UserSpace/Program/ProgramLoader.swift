// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// Where a loaded program begins.
struct LoadedProgram {
  /// The registers with which it starts.
  var start: TrapFrame
}

/// Fills an empty address space with a program: segments, vDSO, stack. Between `begin` and `finish`
/// the caller writes what the stack is told of.
enum ProgramLoader<P: Platform> {
  /// Maps all but the contents of the stack. Then the caller appends the arguments and the
  /// environment, as many and as long as `sizes` says, ends each list, and writes the program's path
  /// of `pathCount` bytes to `StackImage.path`. `ownFrame` is the process's own page of [vvar]; nil
  /// leaves the vDSO out.
  ///
  /// - Throws: what a part throws; the caller then tears the space down.
  @inline(never)
  static func begin(
    _ program: borrowing ElfProgram, node: FileNode, ownFrame: PhysicalFrame?, pathCount: Int,
    _ sizes: ArgumentSizes,
    into space: inout Process<P>.Space
  ) throws(MemoryError) -> (stack: StackImage, vdso: VdsoMapping?) {
    let top = space.layout.stackTop
    let stack = StackImage(
      top: top, sizes: sizes, pathCount: pathCount,
      vectorCount: AuxiliaryVector.greatestWordCount)
    try ImageMapper.map(program, name: .file(path: P.files.pathIndex(of: node)), into: &space)
    let vdso = ownFrame.flatMap { P.loadVdso(into: &space, ownFrame: $0) }
    // As in Linux, 128 KiB more than what is there already.
    try space.mapStack(initial: Page.roundedUp(stack.count(below: top)) + 128 * 1024)
    return (stack, vdso)
  }

  /// Writes the rest of the stack and says where the program begins.
  ///
  /// - Throws: as `begin`.
  @inline(never)
  static func finish(
    _ program: borrowing ElfProgram, _ stack: inout StackImage, vdso: UInt32?,
    in space: inout Process<P>.Space
  ) throws(MemoryError) -> LoadedProgram {
    let vector = AuxiliaryVector(
      program, vdso: vdso, random: stack.random, executablePath: stack.path,
      platform: stack.platform)
    try stack.finish(vector, random: randomWords(), in: &space)
    return LoadedProgram(
      start: TrapFrame(entry: program.entry &+ program.bias, stackPointer: stack.stackPointer))
  }

  private static func randomWords() -> InlineArray<4, UInt32> {
    var words = InlineArray<4, UInt32>(repeating: 0)
    var span = words.mutableSpan
    // SAFETY: any bits are words.
    var bytes = unsafe span.mutableBytes
    P.fillRandom(&bytes)
    return words
  }
}
