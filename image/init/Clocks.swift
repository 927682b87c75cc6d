// SPDX-License-Identifier: Apache-2.0
// The clocks: the same date by two ways, what each way costs, and what the kernel noticed of it.

/// What clock_gettime64 fills in.
struct Time: Comparable {
  var seconds: Int64 = 0
  var nanoseconds: Int64 = 0

  static func < (one: Time, other: Time) -> Bool {
    (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
  }
}

/// Whether the kernel gave this program a vDSO.
var hasVdso: Bool { getauxval(UInt(AT_SYSINFO_EHDR)) != 0 }

/// The date from the vDSO and by system call, and the price of each.
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
  claims.check(before <= direct && direct <= after, "both ways tell the same time")
}

/// A million reads through libc, and how many system calls the kernel counted meanwhile.
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
  // Looking at the count takes a few calls itself: as many as between the first two looks.
  let made = (after - before) - (before - start)
  fact("system calls", "\(before) before, \(after) after: the reads made \(made)")
  claims.check(start > 0, "/proc/self/counters tells the number of system calls")
  claims.check(made == (hasVdso ? 0 : reads), "a read is a system call only without a vDSO")
  claims.check(backwards == 0, "time never goes backwards")
}

/// Asks the kernel to write a time over the page of time: it refuses, and nothing is killed.
func tryToWriteTime() {
  heading("A write to the page of time")
  guard let page = address(ofRegion: "[vvar]") else {
    fact("[vvar]", "not mapped")
    claims.check(!hasVdso, "a vDSO has a page of time")
    return
  }
  let status = tour_gettime_by_call(CLOCK_REALTIME, UnsafeMutableRawPointer(bitPattern: page))
  let answer = status == -EFAULT ? "EFAULT, refused" : "\(status)"
  fact("clock_gettime64", "into [vvar] at 0x\(String(page, radix: 16)): \(answer)")
  claims.check(status == -EFAULT, "[vvar] cannot be written, not even through the kernel")
}

/// How many system calls the kernel has counted for this program; 0 if it does not say.
private func systemCalls() -> Int {
  for line in lines(of: "/proc/self/counters") {
    let words = line.words
    if words.count == 2 && words[0] == "system_calls" { return Int(words[1]) ?? 0 }
  }
  return 0
}

/// What a call costs, from the counts that 1,024 of them took.
private func price(_ counts: UInt32) -> String {
  if tour_counts_instructions() { return "\((counts * 16 + 512) / 1024) instructions" }
  let nanoseconds = UInt64(counts) * 1_000_000_000 / UInt64(tour_counter_frequency()) / 1024
  return "\(nanoseconds) ns"
}

/// A time as a date, to the millisecond.
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
