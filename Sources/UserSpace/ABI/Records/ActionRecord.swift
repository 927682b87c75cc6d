// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// struct sigaction of the kernel (asm-generic/signal.h): handler, flags, the restorer where the
/// ABI has one, and the mask.
struct ActionRecord<ABI: ProgramABI> {
  /// The fields in memory order, of which `count` belong to the record.
  let words: InlineArray<5, ABI.Long>

  /// The index of the mask, and the number of words.
  private static var maskIndex: Int { ABI.hasRestorer ? 3 : 2 }
  static var count: Int { maskIndex + 64 / ABI.Long.bitWidth }

  /// The record that a program has.
  @inline(__always)
  init(_ words: InlineArray<5, ABI.Long>) { self.words = words }

  /// The record of an action.
  @inline(__always)
  init(_ action: SignalAction) {
    var words = InlineArray<5, ABI.Long>(repeating: 0)
    words[0] = ABI.Long(action.handler.word)
    words[1] = ABI.Long(action.flags)
    if ABI.hasRestorer { words[2] = ABI.Long(action.restorer.word) }
    words[Self.maskIndex] = ABI.Long(truncatingIfNeeded: action.mask)
    if ABI.Long.bitWidth == 32 { words[Self.maskIndex + 1] = ABI.Long(action.maskHigh) }
    self.words = words
  }

  /// The action, whose mask is without the signals that cannot be blocked, and whose flags are
  /// those that Linux accepts.
  @inline(__always)
  var action: SignalAction {
    let mask = words[Self.maskIndex]
    let isLong = ABI.Long.bitWidth == 64
    return SignalAction(
      handler: UserAddress(Word(truncatingIfNeeded: words[0])),
      flags: UInt32(truncatingIfNeeded: words[1]) & ABI.actionFlags,
      restorer: UserAddress(ABI.hasRestorer ? Word(truncatingIfNeeded: words[2]) : 0),
      maskLow: UInt32(truncatingIfNeeded: mask) & ~UInt32(truncatingIfNeeded: Signal.unblockable),
      maskHigh: UInt32(truncatingIfNeeded: isLong ? mask >> 32 : words[Self.maskIndex + 1]))
  }
}
