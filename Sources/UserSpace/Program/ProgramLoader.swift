// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// Loads a program into an empty address space: segments, vDSO, stack. Between `begin` and `finish`
/// the caller writes the arguments and the environment to the stack.
enum ProgramLoader<P: Platform> {
  /// Maps everything and reserves the stack. The caller then appends the arguments and the
  /// environment, exactly as counted in `sizes`, ends each list, and writes the program's path of
  /// `pathCount` bytes to `StackImage.path`. `processPageFrame` is the process's own [vvar] page;
  /// without it the vDSO is not mapped.
  ///
  /// - Throws: the error of the part that failed; the caller must then tear the space down.
  @inline(never)
  static func begin(
    _ program: borrowing ElfProgram<P.ABI>, node: FileNode, processPageFrame: PhysicalFrame?,
    pathCount: Int,
    _ sizes: ArgumentSizes<P.ABI>,
    into space: inout Process<P>.Space
  ) throws(MemoryError) -> (stack: StackImage<P.ABI>, vdso: VdsoMapping?) {
    let top = space.layout.stackTop
    let stack = StackImage<P.ABI>(
      top: top, sizes: sizes, pathCount: pathCount,
      vectorCount: AuxiliaryVector<P.ABI>.greatestWordCount)
    try ImageMapper.map(program, name: .file(path: P.files.pathIndex(of: node)), into: &space)
    let vdso = processPageFrame.flatMap { P.loadVdso(into: &space, processPageFrame: $0) }
    // As on Linux: 128 KiB in addition to the initial contents.
    try space.mapStack(initial: Page.roundedUp(stack.count(below: top)) + 128 * 1024)
    return (stack, vdso)
  }

  /// Writes the rest of the stack and returns the start registers.
  ///
  /// - Throws: any error of the address space; the caller must then tear it down.
  @inline(never)
  static func finish(
    _ program: borrowing ElfProgram<P.ABI>, _ stack: inout StackImage<P.ABI>, vdso: UserAddress?,
    in space: inout Process<P>.Space
  ) throws(MemoryError) -> P.ABI.Registers {
    let vector = AuxiliaryVector<P.ABI>(
      program, vdso: vdso, random: stack.random, executablePath: stack.path,
      platform: stack.platform)
    try stack.finish(vector, random: randomWords(), in: &space)
    return P.ABI.Registers(
      entry: program.entry &+ program.bias, stackPointer: stack.stackPointer)
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
