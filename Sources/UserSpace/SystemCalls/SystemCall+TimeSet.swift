// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Setting the wall clock.
extension SystemCall {
  /// settimeofday: sets the time; a time zone is checked but not kept.
  @inline(__always)
  func setTimeOfDay() throws(Errno) -> Word {
    var time: Timespec?
    if address(0) != 0 {
      let given = TimeRecord<P.ABI.Long>(try load(address(0))).words
      guard given[1] <= 1_000_000 else { throw .invalid }
      time = Timespec(
        seconds: given[0].signed, nanoseconds: Int32(truncatingIfNeeded: given[1]) * 1000)
    }
    if address(1) != 0 {
      let zone: InlineArray<2, UInt32> = try load(address(1))
      // At most 15 hours west or east of Greenwich, in minutes.
      guard (-900...900).contains(Int32(bitPattern: zone[0])) else { throw .invalid }
    }
    guard let time else { return 0 }
    guard time.isValid, P.setRealtime(time) else { throw .invalid }
    P.processes.clockWasSet(isStep: true)
    return 0
  }

  /// clock_settime and clock_settime64: only the wall clock can be set. A CPU clock is EPERM.
  @inline(__always)
  func setClock() throws(Errno) -> Word {
    let number = Int32(bitPattern: argument(0))
    guard number == ClockIdentifier.realtime.rawValue || number < 0 else { throw .invalid }
    let time = try loadTime(address(1), isWide: isTime64)
    guard number >= 0 else { throw cpuClock(argument(0)) != nil ? .notPermitted : .invalid }
    guard time.isValid, P.setRealtime(time) else { throw .invalid }
    P.processes.clockWasSet(isStep: true)
    return 0
  }
}
