// SPDX-License-Identifier: Apache-2.0
// SAFETY: the process outlives the call.
/// Process groups and sessions.
extension SystemCall {
  /// What is asked for or done; process and group may be 0 for the caller's own number.
  enum GroupCall {
    /// setpgid: process and group.
    case move
    /// setsid.
    case begin
    /// getpgid and getpgrp, getsid.
    case group(of: UInt32)
    case session(of: UInt32)
  }

  @inline(never)
  func groups(_ call: GroupCall) throws(Errno) -> UInt32 {
    let me = unsafe process.pointee.identifier
    return try P.processes.withLock { (table) throws(Errno) in
      switch call {
      case .move:
        let target = r0 == 0 ? me : r0
        let group = r1 == 0 ? target : r1
        guard Int32(bitPattern: group) >= 0 else { throw .invalid }
        try table.move(target, to: group, by: me)
        return 0
      case .begin:
        try table.beginSession(of: me)
        return me
      case .group(let number): return table[try table.place(of: number, for: me)].group
      case .session(let number): return table[try table.place(of: number, for: me)].session
      }
    }
  }
}
