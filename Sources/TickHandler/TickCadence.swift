// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The beat: where the ticks lie on the counter, how many there were and how many came late.
///
/// Tick k lies at `start + floor(k * frequency / hertz)` counts, for ever: each deadline comes from
/// the one before, and what a division leaves over is dealt out one count at a time.
struct TickCadence: Equatable {
  private let frequency: UInt32
  private let hertz: UInt32
  private let mask: UInt64

  /// Whole counts of a tick, and the rest in 1/hertz of a count.
  private let whole: UInt32
  private let part: UInt32

  /// What has been left over since the last whole count, in 1/hertz of a count.
  private var carry: UInt32 = 0

  /// The counter at the next tick.
  private(set) var deadline: UInt64

  /// Ticks so far, the missed ones included.
  private(set) var ticks: UInt64 = 0

  /// Ticks that were counted later than at their own interrupt.
  private(set) var missed: UInt64 = 0

  /// Ticks for which no interrupt was asked, because nothing ran.
  private(set) var skipped: UInt64 = 0

  /// Starts the beat at `counter`: the first tick is one period later.
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

  /// Starts anew at `counter`; the sums stay.
  mutating func restart(at counter: UInt64) {
    deadline = counter & mask
    carry = 0
    step()
  }

  /// Counts every tick up to `counter` and moves `deadline` behind it. Returns how many there
  /// were: 1 as a rule, more after missed ones, 0 when another CPU has counted it already.
  @inline(__always)
  mutating func advance(to counter: UInt64) -> UInt64 {
    guard isReached(at: counter) else { return 0 }
    step()
    guard isReached(at: counter) else {
      ticks &+= 1  // Wrapping: 64 bits do not end.
      return 1
    }
    return catchUp(to: counter)
  }

  /// The same for ticks that were not asked for: none of them is missed.
  mutating func skip(to counter: UInt64) {
    let before = missed
    skipped &+= advance(to: counter)  // Wrapping: a statistic.
    missed = before
  }

  /// True when `counter` is at the deadline or behind it, by less than half the counter's range.
  @inline(__always)
  func isReached(at counter: UInt64) -> Bool {
    (counter &- deadline) & mask <= mask >> 1  // Wrapping: counts are a circle.
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

  /// The rest of `advance` when ticks were missed, one of which is stepped over already.
  @inline(never)
  private mutating func catchUp(to counter: UInt64) -> UInt64 {
    var passed = UInt64(1)
    // `hertz` ticks are exactly `frequency` counts: whole seconds at once, and the carry stays.
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

  /// Moves the deadline by all but the last few of the ticks that `distance`, less than a second's
  /// counts, holds at once. Returns how many.
  private mutating func leap(_ distance: UInt64) -> UInt64 {
    // More than half round the circle: the deadline is still to come.
    guard distance < UInt64(frequency) else { return 0 }
    let ticks = UInt32(distance * UInt64(hertz) / UInt64(frequency))
    guard ticks > 1 else { return 0 }
    // One less than there are, so that `deadline` cannot get ahead of the beat by rounding. The sum
    // is below 10,000 squared and 10,000.
    let parts = carry + (ticks - 1) * part
    carry = parts % hertz
    deadline = (deadline &+ UInt64(ticks - 1) * UInt64(whole) + UInt64(parts / hertz)) & mask
    return UInt64(ticks - 1)
  }
}
