// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A file with a program that has been checked completely.
struct ProgramFile<P: Platform>: ~Escapable {
  let node: FileNode
  var program: ElfProgram<P.ABI>

  /// Checks the file at `node`.
  ///
  /// - Throws: `missing` unless it is a regular file; `invalid`.
  @_lifetime(immortal)
  init(_ node: FileNode) throws(ProgramFailure) {
    guard let contents = Files<P>.mapping(of: node).contents else {
      throw .missing(Files<P>.isDirectory(node) ? .isDirectory : .accessDenied)
    }
    self.node = node
    do { program = try ElfProgram<P.ABI>(P.files.bytes(contents)) } catch { throw .invalid(error) }
  }

  /// Maps the program at its load address.
  ///
  /// - Throws: any error of the address space; the caller must then tear the space down.
  func map(into space: inout Process<P>.Space) throws(MemoryError) {
    try ImageMapper<P>.map(
      program, name: .file(path: P.files.pathIndex(of: node)), into: &space)
  }
}
