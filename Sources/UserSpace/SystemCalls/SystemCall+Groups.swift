// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Process groups and sessions.
extension SystemCall {
  /// A request; 0 for a process or a group means the caller's.
  enum GroupCall {
    /// setpgid: moves the process of argument 0 to the group of argument 1.
    case move
    /// setsid: makes a new session, with the caller as its leader.
    case begin
    /// getpgid and getpgrp: the group of a process; getsid: its session.
    case group(of: UInt32)
    case session(of: UInt32)
  }

  @inline(never)
  func groups(_ call: GroupCall) throws(Errno) -> Word {
    let me = process.pointee.identifier
    return try P.processes.withLock { (table) throws(Errno) in
      switch call {
      case .move:
        let target = argument(0) == 0 ? me : argument(0)
        let group = argument(1) == 0 ? target : argument(1)
        guard Int32(bitPattern: group) >= 0 else { throw .invalid }
        try table.move(target, to: group, by: me)
        return 0
      case .begin:
        try table.beginSession(of: me)
        return Word(me)
      case .group(let number): return Word(table[try table.index(of: number, for: me)].group)
      case .session(let number):
        return Word(table[try table.index(of: number, for: me)].session)
      }
    }
  }
}
