// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A thread's alternate signal stack (sigaltstack), as the program set it.
public struct SignalStack: Equatable {
  /// The lowest address; the stack grows down from its end.
  var base: UserAddress = 0
  /// SS_DISABLE if no stack is set; else 0 or SS_ONSTACK, and possibly SS_AUTODISARM.
  var flags = SignalStack.isDisabled
  /// The size in bytes; 0 if no stack is set.
  var size: Word = 0

  /// SS_ONSTACK.
  static var isInUse: UInt32 { 1 }
  /// SS_DISABLE.
  static var isDisabled: UInt32 { 2 }
  /// SS_AUTODISARM: the setting is cleared while a handler runs on the stack.
  static var autoDisarm: UInt32 { 1 << 31 }

  /// Whether the stack pointer `pointer` is on this stack.
  func contains(_ pointer: UserAddress) -> Bool {
    // A stack with SS_AUTODISARM is not set while a handler runs on it.
    flags & Self.autoDisarm == 0 && pointer > base && pointer.word &- base.word <= size
  }

  /// The flags that sigaltstack reports to a program whose stack pointer is `pointer`.
  func state(at pointer: UserAddress) -> UInt32 {
    let state = size == 0 ? Self.isDisabled : contains(pointer) ? Self.isInUse : 0
    return state | flags & Self.autoDisarm
  }

  /// The address below which the signal frame of an SA_ONSTACK handler is stored; `pointer` is the
  /// interrupted stack pointer.
  func top(for pointer: UserAddress) -> UserAddress {
    // Wrapping: an invalid user address is refused when the frame is written.
    size != 0 && !contains(pointer) ? base &+ size : pointer
  }

  /// Sets a new stack, unless it has fewer than `leastSize` bytes; `pointer` is the program's stack
  /// pointer.
  ///
  /// - Throws: `notPermitted` while the program is on the old stack; `invalid` for unknown flags;
  ///   `outOfMemory` for a stack that is too small.
  mutating func replace(
    by given: SignalStack, at pointer: UserAddress, leastSize: Word
  ) throws(Errno) {
    guard !contains(pointer) else { throw .notPermitted }
    let mode = given.flags & ~Self.autoDisarm
    guard mode <= Self.isDisabled else { throw .invalid }
    if mode == Self.isDisabled {
      (base, flags, size) = (0, given.flags, 0)
    } else {
      guard given == self || given.size >= leastSize else { throw .outOfMemory }
      self = given
    }
  }
}
