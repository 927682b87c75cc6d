// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// A counter of nanoseconds, which the test sets.
package enum TestClock: Counter {
  nonisolated(unsafe) package static var count: UInt64 = 0
  nonisolated(unsafe) package static var deadline: UInt64?

  package static var frequency: UInt32 { 1_000_000_000 }
  package static func read() -> UInt64 { count }
  package static func setDeadline(_ count: UInt64) { deadline = count }
  package static func stopDeadline() { deadline = nil }
}

/// A calendar clock that does not advance.
struct FixedClock: RealTimeClock {
  func secondsSinceEpoch() -> UInt32 { 1_700_000_000 }
}
