// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// FIFOs: nodes of the tree whose open files are the ends of a pipe (fifo(7)). The pipe exists
/// while there is one.
extension FileTree {
  /// Whether an open file is an end of a FIFO.
  @inline(__always)
  static func isFifo(_ file: FileReference) -> Bool {
    if case .pipe = file.file.object { return true }
    return false
  }

  /// Opens a FIFO, and blocks until there is another end. The caller has the only reference to the
  /// file, and closes it if this throws.
  ///
  /// - Throws: `outOfMemory`; what `Pipes.open` throws.
  @inline(never)
  static func openFifo(_ file: FileReference) throws(Errno) {
    guard file.file.mayRead || file.file.mayWrite else { throw .invalid }
    let inode = inode(file.file.node)
    if let pipe = inode.pointee.pipe { return try Pipes<P>.open(file, of: pipe) }
    // Without a pipe there is no reader.
    guard file.file.mayRead || file.file.mayBlock else { throw .noSuchDevice }
    let pipe: RecordReference<Pipe>
    do { pipe = try P.fileObjects.pointee.makePipe() } catch { throw Errno(error) }
    inode.pointee.pipe = pipe
    try Pipes<P>.open(file, of: pipe)
  }

  static func events(of file: FileReference) -> FileEvents {
    isFifo(file) ? Pipes<P>.events(of: file) : [.readable, .writable]
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    isFifo(file) ? Pipes<P>.waiters(of: file) : nil
  }

  static func closed(_ file: FileReference) { Pipes<P>.closed(file) }

  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word {
    guard isFifo(file) else { throw .notTerminal }
    return try Pipes<P>.control(file, request, argument)
  }
}
