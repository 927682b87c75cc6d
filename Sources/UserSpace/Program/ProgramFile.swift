// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A file with a program that has been checked completely.
struct ProgramFile<P: Platform>: ~Escapable {
  let node: FileNode
  var program: ElfProgram<P.ABI>

  /// Checks the file at `node`, whose beginning `heads` keeps.
  ///
  /// - Throws: `missing` unless it is a regular file; `invalid`, `cannotStart` without memory.
  @_lifetime(immortal)
  init(_ node: FileNode, _ heads: inout FileHeads<P>) throws(ProgramFailure) {
    guard case .file = Files<P>.mapping(of: node) else {
      throw .missing(Files<P>.isDirectory(node) ? .isDirectory : .accessDenied)
    }
    self.node = node
    let head: RawSpan
    do throws(Errno) { head = try heads.bytes(of: node) } catch { throw .cannotStart(error) }
    P.preemptionPoint()
    do throws(ElfError) {
      program = try ElfProgram<P.ABI>(head, ofFileWith: Files<P>.status(node).size)
    } catch {
      throw .invalid(error)
    }
  }

  /// Maps the program at its load address.
  ///
  /// - Throws: any error of the address space; the caller must then tear the space down.
  func map(into space: inout Process<P>.Space) throws(MemoryError) {
    try ImageMapper<P>.map(
      program, name: .file(path: UInt16(node.index)), into: &space)
  }
}
