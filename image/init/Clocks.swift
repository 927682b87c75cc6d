// SPDX-License-Identifier: Apache-2.0
// The clocks part of the tour: the date from the vDSO and by system call, the cost of each, and the
// kernel's count of system calls.

/// The result of clock_gettime64.
struct Time: Comparable {
  var seconds: Int64 = 0
  var nanoseconds: Int64 = 0

  static func < (one: Time, other: Time) -> Bool {
    (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
  }
}

/// Whether the kernel mapped a vDSO into this program.
var hasVdso: Bool { getauxval(UInt(AT_SYSINFO_EHDR)) != 0 }

/// Shows the date from the vDSO and by system call, and the cost of each.
func showDates() {
  heading("The date, from CLOCK_REALTIME_COARSE")
  var before = Time()
  var direct = Time()
  var after = Time()
  let status = tour_gettime_by_call(CLOCK_REALTIME_COARSE, &before)
  let vdsoStatus = tour_gettime_in_vdso(CLOCK_REALTIME_COARSE, &direct)
  tour_gettime_by_call(CLOCK_REALTIME_COARSE, &after)
  claims.check(status == 0, "the system call answers")
  fact("by system call", "\(date(before)), \(price(tour_cost_by_call(CLOCK_REALTIME_COARSE)))")
  guard hasVdso else {
    fact("from the vDSO", "there is none")
    return
  }
  claims.check(vdsoStatus == 0, "the vDSO answers")
  fact("from the vDSO", "\(date(direct)), \(price(tour_cost_in_vdso(CLOCK_REALTIME_COARSE)))")
  claims.check(before <= direct && direct <= after, "both ways give the same time")
}

/// Makes a million reads through libc, and shows how many system calls the kernel counted
/// meanwhile.
func countSystemCalls() {
  let reads = 1_000_000
  heading("A million reads of CLOCK_MONOTONIC_COARSE, through libc")
  let start = systemCalls()
  let before = systemCalls()
  var last = timespec()
  var backwards = 0
  for _ in 0..<reads {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
    if (now.tv_sec, now.tv_nsec) < (last.tv_sec, last.tv_nsec) { backwards += 1 }
    last = now
  }
  let after = systemCalls()
  // Reading the count makes a few calls itself: as many as between the first two reads of it.
  let made = (after - before) - (before - start)
  fact("system calls", "\(before) before, \(after) after: the reads made \(made)")
  claims.check(start > 0, "/proc/self/counters has the number of system calls")
  claims.check(made == (hasVdso ? 0 : reads), "a read is a system call only without a vDSO")
  claims.check(backwards == 0, "time never goes backwards")
}

/// Lets the kernel write a time to [vvar] by system call: it refuses, and the program lives on.
func tryToWriteTime() {
  heading("A write to the time page")
  guard let page = address(ofRegion: "[vvar]") else {
    fact("[vvar]", "not mapped")
    claims.check(!hasVdso, "a vDSO has a time page")
    return
  }
  let status = tour_gettime_by_call(CLOCK_REALTIME, UnsafeMutableRawPointer(bitPattern: page))
  let answer = status == -EFAULT ? "EFAULT, refused" : "\(status)"
  fact("clock_gettime64", "into [vvar] at 0x\(String(page, radix: 16)): \(answer)")
  claims.check(status == -EFAULT, "[vvar] cannot be written, not even through the kernel")
}

/// The kernel's count of this program's system calls; 0 if it is not available.
private func systemCalls() -> Int {
  for line in lines(of: "/proc/self/counters") {
    let words = line.words
    if words.count == 2 && words[0] == "system_calls" { return Int(words[1]) ?? 0 }
  }
  return 0
}

/// The cost of a call as text, from the counter units that 1,024 of them took.
private func price(_ counts: UInt32) -> String {
  if tour_counts_instructions() { return "\((counts * 16 + 512) / 1024) instructions" }
  let nanoseconds = UInt64(counts) * 1_000_000_000 / UInt64(tour_counter_frequency()) / 1024
  return "\(nanoseconds) ns"
}

/// A time as a date in UTC, to the millisecond.
private func date(_ time: Time) -> String {
  var seconds = time_t(time.seconds)
  var parts = tm()
  gmtime_r(&seconds, &parts)
  let day = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
  let clock = [Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)]
  return day.map { digits($0, 2) }.joined(separator: "-") + " "
    + clock.map { digits($0, 2) }.joined(separator: ":")
    + ".\(digits(Int(time.nanoseconds / 1_000_000), 3)) UTC"
}
