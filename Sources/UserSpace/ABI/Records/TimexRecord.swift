// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// struct timex and struct __kernel_timex (linux/timex.h): 20 words, then 12 ints, of which the
/// first is the TAI offset. The record of 64-bit words is kept; that of old calls of 32-bit
/// programs has the same fields in 32 words of 32 bits.
struct TimexRecord {
  /// The fields in memory order.
  private(set) var words: InlineArray<26, UInt64>

  /// The record that a program has.
  init(_ words: InlineArray<26, UInt64>) { self.words = words }

  /// The record that a program has, in 32-bit words.
  init(narrow: InlineArray<32, UInt32>) {
    words = InlineArray { $0 < 20 ? UInt64(bitPattern: narrow[$0].signed) : 0 }
  }

  /// The record in 32-bit words.
  var narrow: InlineArray<32, UInt32> {
    InlineArray { $0 < 21 ? UInt32(truncatingIfNeeded: words[$0]) : 0 }
  }

  /// Replaces all but the modes by an answer.
  @inline(__always)
  mutating func set(_ answer: ClockAdjustment) {
    for index in 12..<26 { words[index] = 0 }
    words[1] = UInt64(bitPattern: answer.offset)
    words[2] = UInt64(bitPattern: answer.frequency)
    words[3] = UInt64(bitPattern: answer.maximumError)
    words[4] = UInt64(bitPattern: answer.estimatedError)
    words[5] = UInt64(answer.status)
    words[6] = UInt64(bitPattern: answer.constant)
    words[7] = 1  // precision, in microseconds
    words[8] = 32_768_000  // tolerance: 500 parts in 10^6
    words[9] = UInt64(bitPattern: answer.seconds)
    words[10] = UInt64(bitPattern: answer.fraction)
    words[11] = UInt64(bitPattern: answer.tick)
    words[20] = UInt64(UInt32(truncatingIfNeeded: answer.tai))
  }

  /// The request.
  @inline(__always)
  var request: ClockAdjustment {
    var request = ClockAdjustment(modes: .init(rawValue: UInt32(truncatingIfNeeded: words[0])))
    request.offset = words[1].signed
    request.frequency = words[2].signed
    request.maximumError = words[3].signed
    request.estimatedError = words[4].signed
    request.status = UInt32(truncatingIfNeeded: words[5])
    request.constant = words[6].signed
    request.seconds = words[9].signed
    request.fraction = words[10].signed
    request.tick = words[11].signed
    return request
  }
}
