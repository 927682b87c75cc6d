// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// struct pollfd (asm-generic/poll.h): a descriptor, and the events that are asked for and that
/// happened as two half words. It is the same on all architectures.
struct PollRecord {
  /// The fields in memory order.
  private(set) var words: InlineArray<2, UInt32>

  /// The record that a program has.
  init(_ words: InlineArray<2, UInt32>) { self.words = words }

  /// Bytes of a record.
  static var size: Word { 8 }

  /// The number of the descriptor.
  var number: UInt32 { words[0] }
  /// Whether the number is negative, which asks for nothing.
  var isIgnored: Bool { Int32(bitPattern: words[0]) < 0 }
  /// The events that are asked for.
  var wanted: UInt32 { words[1] & 0xffff }

  /// Sets the events that happened.
  mutating func answer(_ events: UInt32) { words[1] = wanted | events << 16 }
}
