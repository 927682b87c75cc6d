// SPDX-License-Identifier: Apache-2.0
import VmRegion

// SAFETY: each copy is of a local value, and to or from a user range that was checked.
/// Signal frames on the stack of a program.
extension ARMEABI {
  /// Stores a frame below `entry.top`, and makes `registers` enter the handler: with the signal's
  /// number, and for SA_SIGINFO the addresses of siginfo and ucontext. The frame is aligned to 8.
  public static func enterHandler<P: RegisterServices>(
    _ entry: HandlerEntry, _ registers: inout ARMRegisters, _: P.Type
  ) -> Bool where P.ABI == ARMEABI {
    let isFull = entry.takesInfo
    let infoSize = isFull ? SignalInfo.size : 0
    // Wrapping: `UserRange` refuses an invalid address.
    let lowest = entry.top &- ARMSignalFrame.size &- infoSize
    let base = UserAddress(lowest.word & ~7)
    let context = ARMSignalFrame.context(
      registers, entry, flags: isFull ? 0 : ARMSignalFrame.plainFlags)
    guard !isFull || P.store(entry.info, at: base),
      store(context.span, at: base &+ infoSize, P.self),
      storeFloats(at: base &+ infoSize &+ ARMSignalFrame.floatsOffset, P.self)
    else { return false }
    ARMSignalFrame.enter(entry.handler, stackPointer: base, &registers)
    registers.r0 = entry.info.words[0]
    if isFull {
      registers.r1 = UInt32(truncatingIfNeeded: base.word)
      registers.r2 = UInt32(truncatingIfNeeded: (base &+ infoSize).word)
    }
    registers.lr = UInt32(truncatingIfNeeded: entry.returnAddress.word)
    return true
  }

  /// Restores the registers from the frame at the stack pointer, which must be aligned to 8.
  ///
  /// - Throws: `invalid`, `badAddress`.
  public static func leaveHandler<P: RegisterServices>(
    _ registers: inout ARMRegisters, hasInfo: Bool, _: P.Type
  ) throws(Errno) -> HandlerExit where P.ABI == ARMEABI {
    let address = registers.stackPointer &+ (hasInfo ? SignalInfo.size : 0)
    guard registers.sp & 7 == 0 else { throw .invalid }
    var exit: HandlerExit?
    // One copy, although it loads what is not used between the mask and the VFP registers.
    let failure: Errno? = unsafe withUnsafeTemporaryAllocation(
      of: UInt32.self, capacity: ARMSignalFrame.loadedWords
    ) { buffer in
      var words = unsafe MutableSpan(_unsafeElements: buffer)
      guard load(&words, from: address, P.self) else { return .badAddress }
      let context = words.span
      guard ARMSignalFrame.isPossible(context) else { return .invalid }
      let floats = unsafe buffer.baseAddress.unsafelyUnwrapped + ARMSignalFrame.floatsIndex + 2
      unsafe P.loadFloats(
        from: UnsafeRawPointer(floats).assumingMemoryBound(to: FloatState.self))
      ARMSignalFrame.restore(&registers, from: context)
      exit = HandlerExit(
        mask: ARMSignalFrame.mask(context),
        stack: StackRecord<UInt32>([context[2], context[3], context[4]]).stack)
      return nil
    }
    guard let exit else { throw failure ?? .invalid }
    return exit
  }

  @inline(never)
  private static func store<P: RegisterServices>(
    _ words: Span<UInt32>, at address: UserAddress, _: P.Type
  ) -> Bool {
    unsafe words.withUnsafeBytes { buffer in
      guard let range = UserRange(base: address, byteCount: buffer.count) else { return false }
      return unsafe P.User.copyOut(buffer.baseAddress.unsafelyUnwrapped, to: range)
    }
  }

  /// Stores the block of VFP registers and the word that ends uc_regspace.
  @inline(never)
  private static func storeFloats<P: RegisterServices>(at address: UserAddress, _: P.Type) -> Bool
  where P.ABI == ARMEABI {
    // Magic, size, the registers, 3 words of exceptions, 2 of padding, and the end. The buffer is
    // not cleared first, which would cost more than the registers.
    unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 73) { buffer in
      let start = unsafe UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
      unsafe P.storeFloats(to: (start + 8).assumingMemoryBound(to: FloatState.self))
      var words = unsafe MutableSpan(_unsafeElements: buffer)
      words[0] = ARMSignalFrame.floatsMagic
      words[1] = ARMSignalFrame.floatsSize
      for index in 67..<73 { words[index] = 0 }
      return store(words.span, at: address, P.self)
    }
  }

  @inline(never)
  private static func load<P: RegisterServices>(
    _ words: inout MutableSpan<UInt32>, from address: UserAddress, _: P.Type
  ) -> Bool {
    unsafe words.withUnsafeMutableBytes { buffer in
      guard let range = UserRange(base: address, byteCount: buffer.count) else { return false }
      return unsafe P.User.copyIn(buffer.baseAddress.unsafelyUnwrapped, from: range)
    }
  }
}
