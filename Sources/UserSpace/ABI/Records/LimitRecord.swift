// SPDX-License-Identifier: Apache-2.0
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
      limit.soft == ResourceLimit.none ? .max : Word(limit.soft),
      limit.hard == ResourceLimit.none ? .max : Word(limit.hard),
    ]
  }

  /// The limit. A value above 32 bits means none.
  @inline(__always)
  var limit: ResourceLimit {
    ResourceLimit(soft: UInt32(clamping: words[0]), hard: UInt32(clamping: words[1]))
  }
}
