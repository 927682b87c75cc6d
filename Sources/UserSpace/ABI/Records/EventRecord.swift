// SPDX-License-Identifier: Apache-2.0
/// struct sigevent (asm-generic/siginfo.h): a value of a word, then three ints: the signal, what is
/// notified, and a thread.
struct EventRecord<Word: RecordWord> {
  private let words: InlineArray<5, UInt32>

  /// The number of ints that are read.
  static var count: Int { 3 + Word.bitWidth / 32 }

  /// The record that a program has, whose first `count` ints are set.
  init(_ words: InlineArray<5, UInt32>) { self.words = words }

  private var first: Int { Self.count - 3 }

  /// sigev_value.
  var value: UInt32 { words[0] }
  /// sigev_signo.
  var signal: UInt32 { words[first] }
  /// sigev_notify.
  var notification: UInt32 { words[first + 1] }
  /// sigev_notify_thread_id; nil for a number that no thread has.
  var thread: ThreadID? { ThreadID(argument: words[first + 2]) }
}
