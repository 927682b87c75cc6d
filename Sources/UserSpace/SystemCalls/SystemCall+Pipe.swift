// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// pipe and pipe2.
extension SystemCall {
  /// pipe2: the address for two descriptors, and O_CLOEXEC, O_NONBLOCK or O_DIRECT; pipe has no
  /// flags. The first descriptor is the end to read from.
  ///
  /// - Throws: `invalid`, `fileTableFull`, `tooManyFiles`, `badAddress`; nothing stays open then.
  @inline(never)
  func pipe(flags: UInt32) throws(Errno) -> Word {
    let (closesOnExec, nonBlocking): (UInt32, UInt32) = (0o2000000, 0o4000)
    guard flags & ~(closesOnExec | nonBlocking | P.ABI.direct) == 0 else { throw .invalid }
    let (pipe, node) = try Pipes<P>.make()
    let reader: UInt32
    do throws(Errno) {
      reader = try open(pipe, node, flags & nonBlocking, closesOnExec: flags & closesOnExec != 0)
    } catch {
      Pipes<P>.release(pipe)
      throw error
    }
    var writer: UInt32?
    do throws(Errno) {
      let other = try open(
        pipe, node, flags & ~closesOnExec | 1, closesOnExec: flags & closesOnExec != 0)
      writer = other
      try store([reader, other] as InlineArray<2, UInt32>, at: address(0))
    } catch {
      if let writer { try? files.close(writer) }
      try? files.close(reader)
      throw error
    }
    return 0
  }

  /// Opens an end of a pipe at the lowest free descriptor.
  private func open(
    _ pipe: RecordReference<Pipe>, _ node: FileNode, _ flags: UInt32, closesOnExec: Bool
  ) throws(Errno) -> UInt32 {
    let descriptor = try files.open(
      node, flags: flags, closesOnExec: closesOnExec, below: descriptorLimit)
    try Pipes<P>.attach(files.file(descriptor), to: pipe)
    return descriptor
  }
}
