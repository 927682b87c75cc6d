// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The tick grid: the counts at which ticks are due, and the numbers of ticks that were counted,
/// missed and skipped.
///
/// Tick k is due at `start + floor(k * frequency / hertz)` counts. There is no drift: each deadline
/// is computed from the previous one, and the remainder of the division is distributed one count at
/// a time.
struct TickCadence: Equatable {
  private let frequency: UInt32
  let hertz: UInt32
  private let mask: UInt64

  /// The length of a tick: whole counts, and the remainder in 1/hertz of a count.
  private let whole: UInt32
  private let part: UInt32

  /// The accumulated remainder, less than a count, in 1/hertz of a count.
  private var carry: UInt32 = 0

  /// The counter at the next tick.
  private(set) var deadline: UInt64

  /// The number of ticks so far, missed ones included.
  private(set) var ticks: UInt64 = 0

  /// The number of ticks that had no interrupt of their own and were counted later.
  private(set) var missed: UInt64 = 0

  /// The number of ticks for which no interrupt was requested, because all CPUs were idle.
  private(set) var skipped: UInt64 = 0

  /// Starts the tick grid at `counter`: the first tick is one period later.
  init(
    frequency: UInt32, configuration: TickConfiguration, startingAt counter: UInt64, mask: UInt64
  ) {
    self.frequency = frequency
    self.mask = mask
    hertz = configuration.hertz
    whole = frequency / configuration.hertz
    part = frequency % configuration.hertz
    deadline = counter & mask
    step()
  }

  /// Restarts the tick grid at `counter`; the numbers of ticks are kept.
  mutating func restart(at counter: UInt64) {
    deadline = counter & mask
    carry = 0
    step()
  }

  /// Counts all ticks up to `counter` and moves `deadline` after it.
  ///
  /// - Returns: the number of ticks: normally 1, more if ticks were missed, 0 if another CPU has
  ///   counted them already.
  @inline(__always)
  mutating func advance(to counter: UInt64) -> UInt64 {
    guard isReached(at: counter) else { return 0 }
    step()
    guard isReached(at: counter) else {
      ticks &+= 1  // Wrapping: 2^64 ticks take more than 10^7 years.
      return 1
    }
    return catchUp(to: counter)
  }

  /// Counts all ticks up to `counter` as skipped, not as missed, and moves `deadline` after it.
  mutating func skip(to counter: UInt64) {
    let before = missed
    skipped &+= advance(to: counter)  // Wrapping: a statistic.
    missed = before
  }

  /// True if `counter` is at or after the deadline, by less than half the counter's range.
  @inline(__always)
  func isReached(at counter: UInt64) -> Bool {
    (counter &- deadline) & mask <= mask >> 1  // Wrapping: the counter wraps, too.
  }

  /// Moves the deadline by one period.
  @inline(__always)
  private mutating func step() {
    carry &+= part  // Wrapping: both are below `hertz`, at most 10,000.
    var counts = whole
    if carry >= hertz {
      carry &-= hertz
      counts &+= 1
    }
    deadline = (deadline &+ UInt64(word: counts)) & mask
  }

  /// The slow path of `advance` for missed ticks. The caller has stepped over the first one.
  @inline(never)
  private mutating func catchUp(to counter: UInt64) -> UInt64 {
    var passed = UInt64(1)
    // `hertz` ticks are exactly `frequency` counts, so whole seconds leave the carry unchanged.
    let seconds = ((counter &- deadline) & mask) / UInt64(frequency)
    passed += seconds * UInt64(hertz)
    deadline = (deadline &+ seconds * UInt64(frequency)) & mask
    passed += leap((counter &- deadline) & mask)
    while isReached(at: counter) {
      step()
      passed += 1
    }
    ticks &+= passed
    missed &+= passed - 1
    return passed
  }

  /// Moves the deadline at once over all but the last few ticks in `distance`, which is less than a
  /// second's counts. Returns their number.
  private mutating func leap(_ distance: UInt64) -> UInt64 {
    // A distance of more than half the counter's range means that the deadline is not reached.
    guard distance < UInt64(frequency) else { return 0 }
    let ticks = UInt32(distance * UInt64(hertz) / UInt64(frequency))
    guard ticks > 1 else { return 0 }
    // One tick less than computed, so that rounding cannot move `deadline` too far. The sum is
    // below 10,000 squared plus 10,000.
    let parts = carry + (ticks - 1) * part
    carry = parts % hertz
    deadline = (deadline &+ UInt64(ticks - 1) * UInt64(whole) + UInt64(parts / hertz)) & mask
    return UInt64(ticks - 1)
  }
}
