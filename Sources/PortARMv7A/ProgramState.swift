// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A program's position: reads and steps over instructions that the kernel emulates.
public enum ProgramState {
  /// The instruction at `pc`; nil if it cannot be read. A 32-bit Thumb instruction has its first
  /// halfword in the upper half.
  public static func instruction<User: UserMemory>(
    at pc: UInt32, isThumb: Bool, _ user: User.Type
  ) -> UInt32? {
    guard isThumb else { return load(pc, count: 4, user) }
    guard let first = load(pc, count: 2, user) else { return nil }
    guard isLong(first) else { return first }
    // Wrapping: the address is checked.
    return load(pc &+ 2, count: 2, user).map { first << 16 | $0 }
  }

  /// True if a halfword is the first of two (ARM DDI 0406C, A6.1).
  private static func isLong(_ halfword: UInt32) -> Bool { halfword >= 0xe800 }

  private static func load<User: UserMemory>(
    _ address: UInt32, count: UInt32, _ user: User.Type
  ) -> UInt32? {
    guard let range = UserRange(base: UserAddress(address), count: count) else { return nil }
    var word: UInt32 = 0
    // SAFETY: at most the word's four bytes are copied; the range was checked.
    let isUsed = unsafe withUnsafeMutablePointer(to: &word) {
      unsafe user.copyIn(UnsafeMutableRawPointer($0), from: range)
    }
    return isUsed ? word : nil
  }

  /// The address and CPSR after `instruction`, which is at `pc` with CPSR `state`. `jump` is the
  /// loaded address of a jump; its bit 0 selects Thumb (A2.3.1). Inside an IT block the state
  /// advances to the next condition (A2.5.2): IT[7:2] is CPSR[15:10], and IT[1:0] is CPSR[26:25].
  @inline(never)
  public static func after(
    _ instruction: UInt32, at pc: UInt32, _ state: UInt32, jump: UInt32?
  ) -> (pc: UInt32, state: UInt32) {
    let plain = state & ~0x0600_fc00
    if let jump {
      let isThumb = jump & 1 != 0
      return (jump & (isThumb ? ~1 : ~3), isThumb ? plain | 0x20 : plain & ~0x20)
    }
    let isShort = state & 0x20 != 0 && instruction <= 0xffff
    let block = state >> 8 & 0xfc | state >> 25 & 3
    let next = block & 7 == 0 ? 0 : block & 0xe0 | block << 1 & 0x1f
    // Wrapping: addresses are checked when they are used.
    return (pc &+ (isShort ? 2 : 4), plain | (next & 0xfc) << 8 | (next & 3) << 25)
  }
}
