// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Process groups and sessions.
extension SystemCall {
  /// A request.
  enum GroupCall {
    /// setpgid: moves the process of argument 0 to the group of argument 1.
    case move
    /// setsid: makes a new session, with the caller as its leader.
    case begin
    /// getpgid: the group of the process of argument 0; getsid: its session.
    case group, session
  }

  @inline(never)
  func groups(_ call: GroupCall) throws(Errno) -> Word {
    let me = process.pointee.identifier
    return try P.processes.withLock { (table) throws(Errno) in
      switch call {
      case .move:
        // As in Linux, the group is checked first; 0 is the process's own number.
        let group = try processID(
          argument(1) == 0 ? argument(0) : argument(1), orThrow: .invalid)
        try table.move(processID(argument(0), orThrow: .noProcess), to: group, by: me)
        return 0
      case .begin:
        try table.beginSession(of: me)
        return Word(me.rawValue)
      case .group, .session:
        let named = try processID(argument(0), orThrow: .noProcess)
        let slot = try table.slot(of: table.process(named: named))
        return Word((call == .group ? table[slot].group : table[slot].session).rawValue)
      }
    }
  }
}
