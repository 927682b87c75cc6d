// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// stack_t (asm-generic/signal.h): base, flags, size.
struct StackRecord<Word: RecordWord> {
  /// The fields in memory order.
  let words: InlineArray<3, Word>

  /// The record that a program has.
  init(_ words: InlineArray<3, Word>) { self.words = words }

  /// The record of a stack with these flags.
  init(_ stack: SignalStack, flags: UInt32) {
    words = [Word(stack.base.word), Word(flags), Word(stack.size)]
  }

  /// The stack; an allegation.
  var stack: SignalStack {
    SignalStack(
      base: UserAddress(clamping: words[0]), flags: UInt32(truncatingIfNeeded: words[1]),
      size: RTOSCore.Word(clamping: words[2]))
  }
}
