// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// struct rlimit and struct rlimit64 (linux/resource.h): the soft and the hard limit; all bits set
/// for none.
struct LimitRecord<Word: RecordWord> {
  /// The fields in memory order.
  let words: InlineArray<2, Word>

  /// The record that a program has.
  @inline(__always)
  init(_ words: InlineArray<2, Word>) { self.words = words }

  /// The record of a limit.
  @inline(__always)
  init(_ limit: ResourceLimit) {
    words = [
      limit.soft == ResourceLimit.none ? .max : Word(clamping: limit.soft),
      limit.hard == ResourceLimit.none ? .max : Word(clamping: limit.hard),
    ]
  }

  /// The limit. A value that does not fit a word means none.
  @inline(__always)
  var limit: ResourceLimit {
    ResourceLimit(
      soft: RTOSCore.Word(clamping: words[0]), hard: RTOSCore.Word(clamping: words[1]))
  }
}
