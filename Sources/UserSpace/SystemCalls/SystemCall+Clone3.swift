// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// clone3: clone with more arguments, in memory.
extension SystemCall {
  private static var detached: UInt64 { 0x40_0000 }
  private static var handlers: UInt64 { 0x800 }
  /// CLONE_PARENT and CLONE_THREAD, for which no signal is chosen.
  private static var withoutSignal: UInt64 { 0x1_8000 }
  private static var clearsHandlers: UInt64 { 1 << 32 }
  private static var usesControl: UInt64 { 1 << 33 }

  /// clone3: the address of a struct clone_args, and its size.
  ///
  /// - Throws: what `clone` throws; `argumentsTooLong` for what this kernel does not know,
  ///   `badAddress`, `badDescriptor` because there are no control groups, `notPermitted` for a
  ///   number that the child is to have, which no program may choose.
  @inline(never)
  func cloneByRecord() throws(Errno) -> Word {
    let size = word(1)
    let record = CloneRecord(
      try loadExtensible(address(0), size: size, least: CloneRecord.firstSize))
    let flags = record.flags
    guard record.numberCount <= 32, record.hasNumbers == (record.numberCount > 0),
      record.endSignal <= 64
    else { throw .invalid }
    if flags & Self.usesControl != 0 {
      guard record.control <= UInt64(Int32.max), size >= CloneRecord.size else { throw .invalid }
    }
    var number: UInt32 = 0
    if record.numberCount > 0 {
      let numbers: InlineArray<32, UInt32> = try load(
        record.numbers, first: Int(record.numberCount))
      number = numbers[0]
    }
    // The bits of clone's signal are no flags here.
    guard flags & 0xff == 0, flags >> 34 == 0, flags & Self.detached == 0,
      flags & (Self.handlers | Self.clearsHandlers) != Self.handlers | Self.clearsHandlers,
      flags & Self.withoutSignal == 0 || record.endSignal == 0
    else { throw .invalid }
    let top = try stackTop(of: record)
    let plain = UInt32(truncatingIfNeeded: flags) | UInt32(truncatingIfNeeded: record.endSignal)
    try check(plain, isHandleApart: record.handleWord != record.parentWord)
    if record.numberCount > 0 {
      guard record.numberCount == 1, 1..<32768 ~= number else { throw .invalid }
      throw .notPermitted
    }
    guard flags & Self.usesControl == 0 else { throw .badDescriptor }
    return try clone(
      flags: plain, stack: top, parentWord: record.parentWord,
      threadPointer: record.threadPointer, childWord: record.childWord,
      handleWord: record.handleWord, clearsHandlers: flags & Self.clearsHandlers != 0)
  }

  /// The address above the stack; 0 for that of the caller.
  ///
  /// - Throws: `invalid`.
  private func stackTop(of record: CloneRecord) throws(Errno) -> UserAddress {
    guard record.stack != 0 || record.stackSize != 0 else { return 0 }
    guard record.stack != 0, record.stackSize != 0,
      let end = record.stack.adding(record.stackSize), end <= UserAddress(P.ABI.linuxLimit.word)
    else { throw .invalid }
    return end
  }
}
