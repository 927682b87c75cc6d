// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// futex and futex_time64: arguments and their checks; `Futex` has the operations.
extension SystemCall {
  private static var isPrivate: UInt32 { 128 }
  private static var isRealtime: UInt32 { 256 }

  /// The operations with a timeout, a bit for each: WAIT 0, LOCK_PI 6, WAIT_BITSET 9,
  /// WAIT_REQUEUE_PI 11, LOCK_PI2 13.
  private static var timedOperations: UInt32 { 0x2a41 }
  /// Those of one futex without an owner: WAIT 0, WAKE 1, WAIT_BITSET 9, WAKE_BITSET 10.
  private static var privateOperations: UInt32 { 0x603 }
  /// Those whose clock can be the wall clock by a flag: 9, 11, 13.
  private static var clockedOperations: UInt32 { 0x2a00 }

  /// futex: the word, the operation, its value, the timeout or a second count, a second word, and
  /// bits or a compared value. The operations are WAIT 0, WAKE 1, REQUEUE 3, CMP_REQUEUE 4,
  /// WAIT_BITSET 9, WAKE_BITSET 10, and those of `ownedFutex`. As in Linux, the timeout is checked
  /// first, then the operation, the bits and the address.
  @inline(__always)
  func futex() throws(Errno) -> Word {
    let operation = argument(1) & ~(SystemCall.isPrivate | SystemCall.isRealtime)
    // A wait or a wake at private memory needs the queues only, which have a lock.
    if argument(1) & SystemCall.isPrivate == 0
      || operation < 32 && Self.privateOperations &>> operation & 1 == 0
    {
      P.enterKernel()
    }
    guard operation < 32 else { throw .noSystemCall }
    var time: UInt64?
    if address(3) != 0, Self.timedOperations &>> operation & 1 != 0 {
      time = try loadTime(address(3), isWide: isTime64).totalNanoseconds
      guard time != nil else { throw .invalid }
    }
    let isRealtime = argument(1) & SystemCall.isRealtime != 0
    guard !isRealtime || Self.clockedOperations &>> operation & 1 != 0 else {
      throw .noSystemCall
    }
    switch operation {
    case 0: return try futexWait(bits: .max, time.map { deadline(after: $0) })
    case 9: return try futexWait(bits: argument(5), time, isWall: isRealtime)
    case 1, 10:
      let bits = operation == 1 ? .max : argument(5)
      guard bits != 0 else { throw .invalid }
      let key = try futexKey(address(0))
      if let frame = key.frame { KitMembers<P>.ring(key.address, of: frame) }
      return Word(
        try Futex<P>.wake(key, count: futexCount(argument(2)), bits: bits, switches: true))
    case 3: return try futexRequeue(isCompared: false)
    case 4: return try futexRequeue(isCompared: true)
    default: return try ownedFutex(operation, until: time, isWall: isRealtime)
    }
  }

  /// The number of waiters to wake: as in Linux, at least one.
  private func futexCount(_ count: UInt32) -> UInt32 {
    Int32(bitPattern: count) < 1 ? 1 : count
  }

  /// The key of the futex at a user address.
  ///
  /// - Throws: `invalid` if it is not aligned; `badAddress`.
  func futexKey(_ address: UserAddress, for access: Access = .read) throws(Errno) -> FutexKey {
    try Futex<P>.checkedKey(
      of: address, isPrivate: argument(1) & SystemCall.isPrivate != 0, for: access)
  }

  /// The key of the futex at the first argument, from which waiters are moved to another futex. A
  /// program must be allowed to write a page of a kit for that: it could else end the wake-ups of
  /// the kit's members, whose pages it can only read.
  ///
  /// - Throws: `invalid`, `badAddress`; `notPermitted`.
  func movableFutexKey() throws(Errno) -> FutexKey {
    let key = try futexKey(address(0))
    if key.frame != nil, let region = process.pointee.space.region(at: address(0)),
      region.traits.contains(.sealed), !region.permissions.contains(.write)
    {
      throw .notPermitted
    }
    return key
  }

  /// Waits until woken, or until `end`, in nanoseconds of the monotonic or of the wall clock; nil
  /// means no timeout.
  ///
  /// - Throws: `invalid`, `badAddress`, `tryAgain`, `timedOut`, or a restart case after a signal.
  private func futexWait(
    bits: UInt32, _ end: UInt64?, isWall: Bool = false
  ) throws(Errno) -> Word {
    let deadline = end ?? .max
    guard bits != 0 else { throw .invalid }
    let key = try futexKey(address(0))
    do throws(Errno) {
      try Futex<P>.wait(
        at: key, address(0), for: argument(2), bits: bits, until: deadline,
        isWall: isWall && end != nil)
    } catch {
      guard error == .interrupted else { throw error }
      throw deadline == .max ? .restartsIfAsked : interruption(of: deadline)
    }
    return 0
  }

  /// Wakes waiters, and moves others to another word; the arguments from 2 on are how many to wake,
  /// how many to move at most, and the address of the other word. The comparison is still valid
  /// when the waiters are moved: another thread needs the kernel lock to start a wait in between.
  private func futexRequeue(isCompared: Bool) throws(Errno) -> Word {
    guard Int32(bitPattern: argument(2)) >= 0, Int32(bitPattern: argument(3)) >= 0 else {
      throw .invalid
    }
    let (key, other) = (try movableFutexKey(), try futexKey(address(4)))
    if isCompared {
      guard try P.User.word(at: address(0)) == argument(5) else { throw .tryAgain }
    }
    return Word(try Futex<P>.requeue(key, wake: argument(2), to: other, limit: argument(3)))
  }
}
