// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A program that can be loaded: its file, and that of its interpreter if it is dynamically linked.
/// Both have been checked completely.
struct Executable<P: Platform>: ~Escapable {
  private(set) var file: ProgramFile<P>
  /// The dynamic linker, which runs first and loads the libraries; nil for a static program.
  private(set) var interpreter: Optional<ProgramFile<P>>

  /// The program in `file`, whose interpreter is looked up from `directory` if its path is relative.
  ///
  /// - Throws: `interpreterMissing`, `interpreterInvalid`, `cannotStart` without memory for the
  ///   look-up.
  @_lifetime(copy file)
  init(
    _ file: ProgramFile<P>, from directory: FileNode, _ heads: inout FileHeads<P>
  ) throws(ProgramFailure) {
    self.file = file
    guard let path = file.program.interpreterPath else {
      interpreter = nil
      return
    }
    let node: FileNode
    do throws(Errno) { node = try Self.find(path, from: directory) } catch {
      throw error == .outOfMemory ? .cannotStart(error) : .interpreterMissing(error)
    }
    do throws(ProgramFailure) { interpreter = try ProgramFile(node, &heads) } catch {
      switch error {
      case .invalid(let reason): throw .interpreterInvalid(reason)
      case .missing: throw .interpreterMissing(.accessDenied)
      case .interpreterMissing, .interpreterInvalid, .cannotStart: throw error
      }
    }
  }

  /// The first instruction to run: the interpreter's if there is one. Valid after `map`.
  var entry: UserAddress {
    guard let interpreter else { return file.program.entry &+ file.program.bias }
    return interpreter.program.entry &+ interpreter.program.bias
  }

  /// The distance of the interpreter from the addresses in its file (AT_BASE); 0 without one. Valid
  /// after `map`.
  var interpreterBase: Word { interpreter?.program.bias ?? 0 }

  /// Maps the program at the random offset of the space's layout, then the interpreter in a free
  /// range, and sets the start of the heap.
  ///
  /// - Throws: any error of the address space; the caller must then tear the space down.
  mutating func map(into space: inout Process<P>.Space) throws(MemoryError) {
    file.program.loadAddress = file.program.loadAddress &+ space.layout.imageOffset
    try file.map(into: &space)
    space.setHeapBase(file.program.lastByte &+ file.program.bias)
    guard var loader = interpreter else { return }
    try ImageMapper<P>.place(&loader.program, in: &space)
    try loader.map(into: &space)
    interpreter = loader
  }

  /// The node at `path`, which must be executable.
  ///
  /// - Throws: the errors of the path resolution, `accessDenied`.
  static func find(_ path: Span<UInt8>, from directory: FileNode) throws(Errno) -> FileNode {
    let node = try PathWalk<P>.find(path, from: directory)
    guard Files<P>.status(node).mode & 0o111 != 0 else { throw .accessDenied }
    return node
  }
}
