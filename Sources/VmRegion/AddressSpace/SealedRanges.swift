// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Where the sealed regions of a space are: ranges that contain them all, so that finding one takes
/// no walk over the space's other regions.
///
/// A range contains sealed regions without a gap, unless there are more ranges than places, or the
/// code that sealed a region removed it again after an error: then the last range also has others
/// in it. So code that looks into a range asks each region.
struct SealedRanges {
  /// The kits, the vDSO with its pages, and one more.
  private var ranges = InlineArray<10, SealedRange>(repeating: SealedRange(base: 0, end: 0))
  /// How many ranges there are.
  private(set) var count = 0
  /// A range around all of them: most changes are outside of it.
  private(set) var hull = SealedRange(base: UserRange.limit, end: 0)

  /// The range with this index, below `count`.
  subscript(index: Int) -> SealedRange {
    @inline(__always) get { ranges[index] }
  }

  /// Adds a sealed region.
  @inline(never)
  mutating func insert(_ base: UserAddress, _ end: UserAddress) {
    // The parts of a region that is split are there already.
    for index in 0..<count where ranges[index].base <= base && end <= ranges[index].end { return }
    hull = SealedRange(base: min(hull.base, base), end: max(hull.end, end))
    var range = SealedRange(base: base, end: end)
    var index = 0
    while index < count {
      let other = ranges[index]
      guard other.end == range.base || other.base == range.end else {
        index += 1
        continue
      }
      range = SealedRange(base: min(other.base, range.base), end: max(other.end, range.end))
      count -= 1
      ranges[index] = ranges[count]
    }
    if count < ranges.count {
      count += 1
    } else {
      let last = ranges[count - 1]
      range = SealedRange(base: min(last.base, range.base), end: max(last.end, range.end))
    }
    ranges[count - 1] = range
  }

  /// Removes a sealed region, if it is the first or the last one of its range.
  @inline(never)
  mutating func remove(_ base: UserAddress, _ end: UserAddress) {
    for index in 0..<count {
      if ranges[index].base == base {
        ranges[index].base = end
      } else if ranges[index].end == end {
        ranges[index].end = base
      } else {
        continue
      }
      guard ranges[index].base >= ranges[index].end else { return }
      count -= 1
      ranges[index] = ranges[count]
      return
    }
  }
}

/// A range of addresses with sealed regions.
struct SealedRange {
  var base: UserAddress
  var end: UserAddress
}
