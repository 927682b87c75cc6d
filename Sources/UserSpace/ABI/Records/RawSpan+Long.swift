// SPDX-License-Identifier: Apache-2.0
import RTOSCore

extension RawSpan {
  /// The little-endian number of `type` at `offset`; the greatest word for a greater one, and if it
  /// exceeds the span.
  @inline(__always)
  func long<Long: RecordWord>(at offset: Int, _ type: Long.Type) -> Word {
    guard let low = word(at: offset) else { return .max }
    guard Long.bitWidth == 64 else { return Word(low) }
    guard let high = word(at: offset + 4) else { return .max }
    return Word(clamping: UInt64(high) << 32 | UInt64(low))
  }
}
