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
    return try openPair(
      at: address(0),
      { (isSecond) throws(Errno) in
        try open(
          pipe, node, isSecond ? flags & ~closesOnExec | 1 : flags & nonBlocking,
          closesOnExec: flags & closesOnExec != 0)
      }, orFree: { Pipes<P>.release(pipe) })
  }

  /// Opens the two ends of what a call has made, and stores their descriptors at `address`. `free` is
  /// called if the first open fails; after it the ends are closed.
  ///
  /// - Throws: what `open` throws, `badAddress`; nothing stays open then.
  func openPair(
    at address: UserAddress, _ open: (_ isSecond: Bool) throws(Errno) -> UInt32,
    orFree free: () -> Void
  ) throws(Errno) -> Word {
    let first: UInt32
    do throws(Errno) { first = try open(false) } catch {
      free()
      throw error
    }
    var second: UInt32?
    do throws(Errno) {
      let other = try open(true)
      second = other
      try store([first, other] as InlineArray<2, UInt32>, at: address)
    } catch {
      if let second { try? files.close(second) }
      try? files.close(first)
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
