// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// mmap of /dev/kits/NAME.
extension SystemCall {
  /// Maps a kit as a whole, with the arguments of mmap. It must be asked for as it is: all of it,
  /// shared, anywhere, and for reading; code is executable and private data writable in any case.
  ///
  /// - Throws: `invalid`; `accessDenied` for PROT_WRITE on a file that was opened for reading;
  ///   `tryAgain` if the process would become a member while its address space is also that of a
  ///   child between vfork and exec, or if there is no slot; `exists` if the process has mapped it
  ///   with another right; `outOfMemory`, `interrupted`.
  @inline(never)
  func mapKit(_ reference: FileReference) throws(Errno) -> Word {
    let (node, mayWrite) = (reference.file.node, reference.file.mayWrite)
    let isShared = argument(3) & 0xf == 1 || argument(3) & 0xf == 3
    guard isShared, argument(3) & 0x10_0010 == 0, argument(2) & 1 != 0,
      P.ABI.mappedPage(frame.pointee) == 0,
      UInt64(word(1)) == Files<P>.status(node).size
    else { throw .invalid }
    guard argument(2) & 2 == 0 || mayWrite else { throw .accessDenied }
    let memory = process.pointee.memory
    try memory.awaitChange()
    try checkSpace(growsBy: word(1))
    try memory.awaitChange()
    // A member is an address space, which is published under the number of its process.
    guard memory.users == 1 || !mayWrite || !Kits<P>.hasMembers(node) else { throw .tryAgain }
    return try Kits<P>.map(
      node, mayWrite: mayWrite, online: P.processors, into: &memory.space
    ).word
  }
}
