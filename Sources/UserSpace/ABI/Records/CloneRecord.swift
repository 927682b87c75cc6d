// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// struct clone_args (linux/sched.h): words of 64 bits on all architectures.
struct CloneRecord {
  private let words: InlineArray<11, UInt64>

  /// The size of its first version, and that of the present one.
  static var firstSize: Word { 64 }
  static var size: Word { 88 }

  /// The record that a program has.
  init(_ words: InlineArray<11, UInt64>) { self.words = words }

  private func address(_ index: Int) -> UserAddress {
    UserAddress(Word(truncatingIfNeeded: words[index]))
  }

  /// The flags of clone, without the signal; above them CLONE_CLEAR_SIGHAND and CLONE_INTO_CGROUP.
  var flags: UInt64 { words[0] }
  /// Where the descriptor of a handle, and the number of the child, are stored: for the child and
  /// for the parent.
  var handleWord: UserAddress { address(1) }
  var childWord: UserAddress { address(2) }
  var parentWord: UserAddress { address(3) }
  /// The signal at the child's end.
  var endSignal: UInt64 { words[4] }
  /// The lowest address of the stack, and its size.
  var stack: UserAddress { address(5) }
  var stackSize: Word { Word(truncatingIfNeeded: words[6]) }
  var threadPointer: Word { Word(truncatingIfNeeded: words[7]) }
  /// The address of the numbers that the child is to have, by namespace, and how many they are.
  var numbers: UserAddress { address(8) }
  var hasNumbers: Bool { words[8] != 0 }
  var numberCount: UInt64 { words[9] }
  /// The descriptor of a control group.
  var control: UInt64 { words[10] }
}
