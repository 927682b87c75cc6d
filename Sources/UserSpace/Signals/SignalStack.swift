// SPDX-License-Identifier: Apache-2.0
/// A thread's alternate stack for handlers (sigaltstack), as the program gave it.
struct SignalStack: Equatable {
  /// Where it begins; it is used from its end down.
  var base: UInt32 = 0
  /// SS_DISABLE without one; else 0 or SS_ONSTACK, and maybe SS_AUTODISARM.
  var flags = SignalStack.isDisabled
  /// Bytes; 0 without one.
  var size: UInt32 = 0

  /// SS_ONSTACK.
  static var isInUse: UInt32 { 1 }
  /// SS_DISABLE.
  static var isDisabled: UInt32 { 2 }
  /// SS_AUTODISARM: none while a handler runs.
  static var disarms: UInt32 { 1 << 31 }
  /// The least size (MINSIGSTKSZ).
  static var leastSize: UInt32 { 2048 }

  /// The three words of stack_t.
  var words: InlineArray<3, UInt32> { [base, flags, size] }

  /// Whether a program with this stack pointer is on it.
  func contains(_ pointer: UInt32) -> Bool {
    // A stack that disarms is none while somebody is on it.
    flags & Self.disarms == 0 && pointer > base && pointer - base <= size
  }

  /// The flags that sigaltstack tells a program with this stack pointer.
  func state(at pointer: UInt32) -> UInt32 {
    let state = size == 0 ? Self.isDisabled : contains(pointer) ? Self.isInUse : 0
    return state | flags & Self.disarms
  }

  /// Where the frame of a handler that may run here ends, for an interrupted stack pointer.
  func top(for pointer: UInt32) -> UInt32 {
    // Wrapping: what is no user address is refused when the frame is written.
    size != 0 && !contains(pointer) ? base &+ size : pointer
  }

  /// Takes another stack, for a program whose stack pointer is `pointer`.
  ///
  /// - Throws: `notPermitted` while it is on the old one; `invalid` for unknown flags;
  ///   `outOfMemory` for one that is too small.
  mutating func replace(
    by given: InlineArray<3, UInt32>, at pointer: UInt32
  ) throws(Errno) {
    guard !contains(pointer) else { throw .notPermitted }
    let mode = given[1] & ~Self.disarms
    guard mode <= Self.isDisabled else { throw .invalid }
    if mode == Self.isDisabled {
      (base, flags, size) = (0, given[1], 0)
    } else {
      let isSame = given[0] == base && given[1] == flags && given[2] == size
      guard isSame || given[2] >= Self.leastSize else { throw .outOfMemory }
      (base, flags, size) = (given[0], given[1], given[2])
    }
  }
}
