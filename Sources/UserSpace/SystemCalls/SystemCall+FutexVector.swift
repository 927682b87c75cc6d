// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// futex_waitv: arguments and their checks; `FutexVector` has the wait.
extension SystemCall {
  /// futex_waitv: the futexes, their number, flags (none exist), an absolute timeout with 64 bits,
  /// and its clock. A futex is a value and an address, 64 bits each, flags, and 0.
  @inline(__always)
  func waitForFutexes() throws(Errno) -> Word {
    guard argument(2) == 0, argument(1) > 0, argument(1) <= FutexVector<P>.limit, address(0) != 0
    else { throw .invalid }
    var deadline = UInt64.max
    if address(3) != 0 {
      // CLOCK_REALTIME and CLOCK_MONOTONIC.
      guard argument(4) <= 1 else { throw .invalid }
      guard let end = try loadTime(address(3), isWide: true).totalNanoseconds else {
        throw .invalid
      }
      deadline = end
    }
    var vector = try FutexVector<P>(room: Int(argument(1)))
    for index in 0..<argument(1) {
      if FutexVector<P>.isPoint(Int(index)), P.mustEnd() { throw .restartsIfAsked }
      try add(&vector, address(0) &+ Word(index) * 24)
    }
    do throws(Errno) {
      return Word(
        try vector.wait(until: deadline, isWall: deadline != .max && argument(4) == 0))
    } catch {
      throw error == .interrupted ? .restartsIfAsked : error
    }
  }

  /// Adds the futex that the program described at `record`.
  ///
  /// - Throws: `badAddress`, `invalid`.
  private func add(_ vector: inout FutexVector<P>, _ record: UserAddress) throws(Errno) {
    let words: InlineArray<6, UInt32> = try load(record)
    // FUTEX_32 and perhaps FUTEX_PRIVATE_FLAG.
    guard words[4] & ~128 == 2, words[5] == 0 else { throw .invalid }
    let address = UInt64(words[3]) << 32 | UInt64(words[2])
    vector.add(
      UserAddress(Word(truncatingIfNeeded: address)), expected: words[0],
      isPrivate: words[4] & 128 != 0)
  }
}
