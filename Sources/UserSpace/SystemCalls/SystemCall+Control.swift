// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: a process outlives the calls of its threads; thread records do not move.
/// prctl.
extension SystemCall {
  /// The last capability of Linux 6.1: CAP_CHECKPOINT_RESTORE.
  private static var lastCapability: UInt32 { 40 }

  /// prctl: options of the running thread, which only it changes, and of its process: the name, the
  /// dumpable attribute, the signal of the parent's death, timer slack, capabilities, no_new_privs.
  @inline(__always)
  func processControl() throws(Errno) -> Word {
    let thread = P.thread
    switch argument(0) {
    case 1:  // PR_SET_PDEATHSIG
      guard argument(1) <= 64 else { throw .invalid }
      thread.pointee.traits.deathSignal = argument(1)
    case 2:
      try store(
        [thread.pointee.traits.deathSignal] as InlineArray<1, UInt32>, at: address(1))
    case 3:  // PR_GET_DUMPABLE
      P.enterKernel(alone: false)
      defer { P.leaveKernel() }
      return process.pointee.isDumpable ? 1 : 0
    case 4:
      guard argument(1) <= 1 else { throw .invalid }
      P.enterKernel(alone: false)
      defer { P.leaveKernel() }
      process.pointee.isDumpable = argument(1) == 1
    case 15: try setName()
    case 16:  // PR_GET_NAME
      let name = thread.pointee.name
      var words = InlineArray<4, UInt32>(repeating: 0)
      for index in 0..<16 { words[index / 4] |= UInt32(name[index]) << UInt32(index % 4 * 8) }
      try store(words, at: address(1))
    case 23:  // PR_CAPBSET_READ: root has all.
      guard argument(1) <= Self.lastCapability else { throw .invalid }
      return 1
    case 29:  // PR_SET_TIMERSLACK
      thread.pointee.traits.slack =
        argument(1) != 0 ? argument(1) : thread.pointee.traits.firstSlack
    case 30: return Word(thread.pointee.traits.slack)
    case 38:  // PR_SET_NO_NEW_PRIVS
      guard argument(1) == 1, argument(2) | argument(3) | argument(4) == 0 else { throw .invalid }
      thread.pointee.traits.hasNoNewPrivileges = true
    case 39:
      guard argument(1) | argument(2) | argument(3) | argument(4) == 0 else { throw .invalid }
      return thread.pointee.traits.hasNoNewPrivileges ? 1 : 0
    default: throw .invalid
    }
    return 0
  }

  /// Sets the name of the thread: up to 15 bytes, or those before the first zero. The string is
  /// read bytewise, because it may end just before an unmapped page.
  private func setName() throws(Errno) {
    var name = InlineArray<16, UInt8>(repeating: 0)
    for index in 0..<15 {
      var byte = UInt8(0)
      // SAFETY: one byte is copied to one byte.
      try unsafe withUnsafeMutablePointer(to: &byte) { (pointer) throws(Errno) in
        try unsafe copyIn(
          UnsafeMutableRawPointer(pointer), from: address(1) &+ Word(index), count: 1)
      }
      if byte == 0 { break }
      name[index] = byte
    }
    P.thread.pointee.name = name
    P.traceName(name, of: P.task)
  }
}
