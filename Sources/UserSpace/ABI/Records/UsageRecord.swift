// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// struct rusage (linux/resource.h): the two times as timevals and 14 counts. CPU times and page
/// faults are known, the rest is 0.
struct UsageRecord<Word: RecordWord> {
  /// The fields in memory order.
  let words: InlineArray<18, Word>

  /// The record of these times and this number of faults without I/O.
  @inline(__always)
  init(_ time: SplitTime, faults: UInt32) {
    var words = InlineArray<18, Word>(repeating: 0)
    for index in 0..<2 {
      let part = Timespec(totalNanoseconds: index == 0 ? time.user : time.system)
      words[2 * index] = Word(truncatingIfNeeded: part.seconds)
      words[2 * index + 1] = Word(UInt32(part.nanoseconds) / 1000)
    }
    words[8] = Word(faults)
    self.words = words
  }
}
