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
    guard let contents = Self.contents(of: node) else {
      throw .missing(Files<P>.isDirectory(node) ? .isDirectory : .accessDenied)
    }
    self.node = node
    do { program = try ElfProgram<P.ABI>(contents) } catch { throw .invalid(error) }
  }

  /// The bytes of a regular file; nil for another node.
  @_lifetime(immortal)
  static func contents(of node: FileNode) -> RawSpan? {
    guard let range = Files<P>.mapping(of: node).contents else { return nil }
    return P.files.bytes(range)
  }

  /// Maps the program at its load address.
  ///
  /// - Throws: any error of the address space; the caller must then tear the space down.
  func map(into space: inout Process<P>.Space) throws(MemoryError) {
    try ImageMapper<P>.map(
      program, name: .file(path: P.files.pathIndex(of: node)), into: &space)
  }
}
