// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The processes that a call names by one argument.
enum ProcessSelection {
  case all
  case one(ProcessID)
  /// The process of a handle.
  case exactly(ProcessIdentity)
  case group(ProcessID)
}

extension ProcessEntry {
  /// Whether a selection names this process.
  func isSelected(by selection: ProcessSelection) -> Bool {
    switch selection {
    case .all: true
    case .one(let named): identifier == named
    case .exactly(let identity): identifier == identity.number && serial == identity.serial
    case .group(let group): self.group == group
    }
  }
}

/// The numbers of processes and threads that programs pass. Each call gives 0 and negative numbers
/// one of these meanings.
extension SystemCall {
  /// The process with this number; 0 is the caller's own.
  ///
  /// - Throws: `failure` for a negative number.
  @inline(never)
  func processID(_ word: UInt32, orThrow failure: Errno) throws(Errno) -> ProcessID {
    guard word != 0 else { return process.pointee.identifier }
    guard let named = ProcessID(argument: word) else { throw failure }
    return named
  }

  /// The processes that an argument of kill and wait4 names: the process with this number; for 0 the
  /// caller's group, for -1 all, and below that the group with the negated number.
  ///
  /// - Throws: `noProcess` for the least int, which has no negated number.
  func selection(_ word: UInt32) throws(Errno) -> ProcessSelection {
    switch Int32(bitPattern: word) {
    case .min: throw .noProcess
    case -1: .all
    case 0: .group(ownGroup)
    case ..<0: .group(ProcessID(rawValue: 0 &- word))  // Wrapping: negates a negative number.
    default: .one(ProcessID(rawValue: word))
    }
  }

  /// The caller's process group.
  @inline(never)
  var ownGroup: ProcessID {
    P.processes.withLock { table in
      guard let slot = table.index(of: process.pointee.identifier) else { return .zero }
      return table[slot].group
    }
  }

  /// The task of the thread with this number; the running task for 0.
  ///
  /// - Throws: `noProcess`, also for a negative number.
  func threadTask(_ word: UInt32) throws(Errno) -> TaskNumber {
    guard word != 0 else { return P.task }
    guard let named = ThreadID(argument: word),
      let task = P.processes.withLock({ $0.task(of: named) })
    else { throw .noProcess }
    return task
  }
}
