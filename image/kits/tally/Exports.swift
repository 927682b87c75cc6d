// SPDX-License-Identifier: Apache-2.0
// The kit tally: counters in pages that processes share, with a limit for each. When a counter
// reaches its limit, the process that added to it is told by a function of its own.

import KitSupport

private var shared: SharedWritable<tally_shared> { SharedWritable() }

/// Adds to a counter, and notes it in this process's journal.
///
/// - Returns: 0, the result of the program's `tally_full` if the counter has reached its limit, or
///   an error: `outOfRange`, or `busy` if other writers were faster eight times.
@c @implementation
public func tally_add(_ index: UInt32, _ value: UInt32) -> Int32 {
  guard let counter = shared.counters[index], let limit = shared.limits[index]?.load() else {
    return KitError.outOfRange.answer
  }
  guard add(value, to: counter) else { return KitError.busy.answer }
  tally_note(index)
  let sum = counter.load()
  guard TALLY_REPORTS, limit > 0, sum >= limit else { return 0 }
  return tally_full(index, sum)
}

/// Tries eight times: a loop without an end would have no bound.
@inline(__always)
private func add(_ value: UInt32, to counter: SharedWord) -> Bool {
  for _ in 0..<8 where counter.tryAdd(value) { return true }
  return false
}

/// Sets the limit of a counter; 0 is none.
@c @implementation
public func tally_limit(_ index: UInt32, _ limit: UInt32) -> Int32 {
  guard let word = shared.limits[index] else { return KitError.outOfRange.answer }
  word.store(limit)
  return 0
}

/// The value of a counter; 0 if there is none of this index.
@c @implementation
public func tally_value(_ index: UInt32) -> UInt32 {
  shared.counters[index]?.load() ?? 0
}
