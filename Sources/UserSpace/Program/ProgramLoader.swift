import RTOSCore
import VmRegion

/// Where a loaded program begins, and what its process has to remember of it.
struct LoadedProgram {
  /// The registers with which it starts.
  var start: TrapFrame
  /// Where the vDSO is, and its size; 0 without one.
  var vdsoStart: UInt32 = 0
  var vdsoSize: UInt32 = 0
}

/// Fills an empty address space with a program: segments, vDSO, stack. Between `begin` and `finish`
/// the caller writes what the stack is told of.
enum ProgramLoader<P: Platform> {
  /// Maps all but the contents of the stack. Then the caller appends the arguments and the
  /// environment, as many and as long as `sizes` says, ends each list, and writes the program's path
  /// of `pathCount` bytes to `StackImage.path`.
  ///
  /// - Throws: what a part throws; the caller then tears the space down.
  @inline(never)
  static func begin(
    _ program: borrowing ElfProgram, node: FileNode, pathCount: Int, _ sizes: ArgumentSizes,
    into space: inout Process<P>.Space
  ) throws(MemoryError) -> (stack: StackImage, vdso: UInt32?) {
    let top = space.layout.stackTop
    let stack = StackImage(
      top: top, sizes: sizes, pathCount: pathCount,
      vectorCount: AuxiliaryVector.greatestWordCount)
    try ImageMapper.map(program, name: .file(path: P.files.pathIndex(of: node)), into: &space)
    let vdso = P.loadVdso(into: &space)
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
    var loaded = LoadedProgram(
      start: TrapFrame(entry: program.entry &+ program.bias, stackPointer: stack.stackPointer))
    if let vdso, let region = space.region(at: vdso) {
      loaded.vdsoStart = vdso
      loaded.vdsoSize = region.end &- vdso  // Wrapping: a region ends behind its addresses.
    }
    return loaded
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
