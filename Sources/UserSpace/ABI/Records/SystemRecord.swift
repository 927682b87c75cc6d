// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// struct sysinfo (linux/sysinfo.h): 13 words and an int, with padding of a negative size on 64
/// bits; its sizes are in bytes.
struct SystemRecord<Word: RecordWord> {
  /// The fields in memory order, of which `count` belong to the record.
  let words: InlineArray<16, Word>

  /// The number of words: 64 bytes, or 112.
  static var count: Int { Word.bitWidth == 64 ? 14 : 16 }

  /// The record of a machine that has been up for `seconds`, with these load averages
  /// (`ProcessorServices`).
  @inline(__always)
  init(
    seconds: UInt64, memory: RTOSCore.Word, free: RTOSCore.Word, shared: RTOSCore.Word,
    processes: UInt32, loads: InlineArray<3, UInt32>
  ) {
    var words = InlineArray<16, Word>(repeating: 0)
    words[0] = Word(truncatingIfNeeded: seconds)
    words[4] = Word(truncatingIfNeeded: memory)
    words[5] = Word(truncatingIfNeeded: free)
    words[6] = Word(truncatingIfNeeded: shared)
    for index in 0..<3 { words[1 + index] = Word(loads[index]) << 5 }  // One task is 65,536.
    words[10] = Word(processes)
    words[13] = 1  // mem_unit, in bytes
    self.words = words
  }
}
