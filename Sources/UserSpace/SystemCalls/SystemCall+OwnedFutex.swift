// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// The operations of futex on words with an owner, which inherits priority: arguments and their
/// checks; `Futex` has the operations.
extension SystemCall {
  /// LOCK_PI 6, UNLOCK_PI 7, TRYLOCK_PI 8, WAIT_REQUEUE_PI 11, CMP_REQUEUE_PI 12, LOCK_PI2 13. All
  /// times are absolute; nil for none. The clock of LOCK_PI is the wall clock; for the others
  /// `isWall` says it.
  ///
  /// - Throws: also a restart case after a signal: the lock calls are made again whatever the
  ///   handler was set with.
  @inline(never)
  func ownedFutex(
    _ operation: UInt32, until time: UInt64?, isWall: Bool
  ) throws(Errno) -> Word {
    do throws(Errno) {
      switch operation {
      case 6, 13:
        try lockFutex(until: time, isWall: isWall || operation == 6, mayWait: true)
        return 0
      case 7:
        try Futex<P>.unlock(address(0)) { () throws(Errno) in
          try futexKey(address(0), for: .write)
        }
        return 0
      case 8:
        try lockFutex(until: nil, isWall: false, mayWait: false)
        return 0
      case 11: return try waitForRequeue(until: time, isWall: isWall)
      case 12: return try requeueToOwner()
      default: throw .noSystemCall
      }
    } catch {
      throw error == .interrupted ? .restartsAlways : error
    }
  }

  private func lockFutex(until time: UInt64?, isWall: Bool, mayWait: Bool) throws(Errno) {
    try Futex<P>.lock(
      address(0), until: time ?? .max, isWall: isWall && time != nil, mayWait: mayWait
    ) { () throws(Errno) in
      try futexKey(address(0), for: .write)
    }
  }

  private func waitForRequeue(until time: UInt64?, isWall: Bool) throws(Errno) -> Word {
    guard address(0) != address(4) else { throw .invalid }
    let other = try futexKey(address(4), for: .write)
    try Futex<P>.waitForRequeue(
      at: try movableFutexKey(), address(0), for: argument(2), to: other, address(4),
      until: time ?? .max, isWall: isWall && time != nil)
    return 0
  }

  /// The arguments are those of CMP_REQUEUE; the number of waiters to wake must be 1.
  private func requeueToOwner() throws(Errno) -> Word {
    guard Int32(bitPattern: argument(2)) >= 0, Int32(bitPattern: argument(3)) >= 0 else {
      throw .invalid
    }
    guard address(0) != address(4), argument(2) == 1 else { throw .invalid }
    while true {
      let (key, other) = (try movableFutexKey(), try futexKey(address(4), for: .write))
      guard key != other else { throw .invalid }
      guard try P.User.word(at: address(0)) == argument(5) else { throw .tryAgain }
      if let count = try Futex<P>.requeue(key, to: other, address(4), limit: argument(3)) {
        return Word(count)
      }
      try Futex<P>.giveWay()
    }
  }
}
