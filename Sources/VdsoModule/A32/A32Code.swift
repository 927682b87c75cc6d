// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Checks the image's code for what it must not do, by its instruction words (A32; ARM DDI 0406C,
/// A5). This is not a disassembler: it knows the few forms that matter, and refuses unneeded ones.
///
/// The build's own check (tools/VdsoInspection) reads the disassembly and knows more, such as the
/// order of loads and barriers. This check covers the very bytes that programs will run.
struct A32Code {
  private let text: ImageRange
  private var reachesPage = false
  /// The offsets of the sigreturn trampolines found so far; 0 for one not found.
  private var trampolines = SignalTrampolines(plain: 0, realTime: 0)
  /// The offset of the body that all other system calls share; 0 if not found.
  private var body: UInt32 = 0

  private enum Word {
    static let svc: UInt32 = 0xef00_0000
    static let dmbInner: UInt32 = 0xf57f_f05b
    static let isb: UInt32 = 0xf57f_f06f
    static let nop: UInt32 = 0xe320_f000
    static let trap: UInt32 = 0xe7ff_defe
    static let pushLink: UInt32 = 0xe92d_4080
    static let moveNumber: UInt32 = 0xe1a0_700c
  }

  /// Checks all instructions in `text`, which is inside `file`; returns the offsets of the
  /// sigreturn trampolines.
  ///
  /// - Throws: the first violated rule.
  static func check(
    _ file: borrowing ImageBytes, _ text: ImageRange
  ) throws(VdsoImage.Violation) -> SignalTrampolines {
    var code = A32Code(text: text)
    for address in stride(from: text.start, to: text.end, by: 4) {
      try code.check(file, at: address)
    }
    guard code.reachesPage else { throw .codePage }
    try code.checkCallersOfBody(file)
    guard code.trampolines.plain != 0, code.trampolines.realTime != 0 else {
      throw .signalTrampoline
    }
    return code.trampolines
  }

  private init(text: ImageRange) { self.text = text }

  private mutating func check(
    _ file: borrowing ImageBytes, at address: UInt32
  ) throws(VdsoImage.Violation) {
    let word = file.word(address)
    if word >> 28 == 0xf { return try Self.checkUnconditional(word) }
    switch word >> 24 & 15 {
    case 0xc, 0xd, 0xe: try Self.checkCoprocessor(word)
    case 0xf: try checkCall(file, word, at: address)
    case 0xa, 0xb: try checkBranch(word, at: address)
    default:
      guard !Self.isSystem(word) else { throw .codeSystem }
      if Self.usesProgramCounter(word) { try checkPage(file, word, at: address) }
    }
  }

  /// Checks an unconditional instruction (A5.7): only two barriers are permitted.
  private static func checkUnconditional(_ word: UInt32) throws(VdsoImage.Violation) {
    // Advanced SIMD data processing, and element loads and stores (A7.4, A7.7).
    if word & 0xfe00_0000 == 0xf200_0000 || word & 0xff10_0000 == 0xf400_0000 { throw .codeFloat }
    if word >> 24 & 15 >= 0xc { return try checkCoprocessor(word) }
    guard word == Word.dmbInner || word == Word.isb else { throw .codeSystem }
  }

  /// Coprocessors 10 and 11 are the floating-point unit (A5.6). The only permitted access to any
  /// other is the read of the virtual counter: mrrc p15, 1, Rt, Rt2, c14 (B4.1.34).
  static func checkCoprocessor(_ word: UInt32) throws(VdsoImage.Violation) {
    if word >> 24 & 15 == 0xf { throw .codeSystem }
    let coprocessor = word >> 8 & 15
    if coprocessor == 10 || coprocessor == 11 { throw .codeFloat }
    guard word & 0xfff0_0fff == 0xec50_0f1e else { throw .codeRegister }
  }

  /// Checks an svc #0. It is permitted in the two sigreturn trampolines and in one shared body,
  /// which takes the call number from r12: `push {r7, lr}; mov r7, r12; svc #0`.
  private mutating func checkCall(
    _ file: borrowing ImageBytes, _ word: UInt32, at address: UInt32
  ) throws(VdsoImage.Violation) {
    guard word == Word.svc, address >= text.start + 8 else { throw .codeCall }
    switch file.word(address - 4) & 0xfff0_f0ff {
    case 0xe3a0_7077, 0xe300_7077:
      guard trampolines.plain == 0, isTrampoline(file, address, 119) else {
        throw .signalTrampoline
      }
      trampolines = SignalTrampolines(plain: address - 4, realTime: trampolines.realTime)
    case 0xe3a0_70ad:
      guard trampolines.realTime == 0, isTrampoline(file, address, 173) else {
        throw .signalTrampoline
      }
      trampolines = SignalTrampolines(plain: trampolines.plain, realTime: address - 4)
    default:
      guard body == 0, file.word(address - 4) == Word.moveNumber,
        file.word(address - 8) == Word.pushLink
      else { throw .codeCall }
      body = address - 8
    }
  }

  /// Checks that the shared body is entered at its start only, by fall-through or branch, and that
  /// the instruction before puts a permitted number into r12: movw r12, #number.
  private func checkCallersOfBody(_ file: borrowing ImageBytes) throws(VdsoImage.Violation) {
    guard body != 0 else { return }
    guard hasNumber(file, body - 4) else { throw .codeCall }
    for address in stride(from: text.start, to: text.end, by: 4) {
      let word = file.word(address)
      guard word & 0x0e00_0000 == 0x0a00_0000, word >> 28 != 0xf else { continue }
      let target = Self.target(word, at: address)
      // Wrapping: a target before the body becomes a large distance, as one far after it.
      guard
        target &- body >= 16
          || target == body && word >> 24 == 0xea
            && hasNumber(file, address - 4)
      else { throw .codeCall }
    }
  }

  private func hasNumber(_ file: borrowing ImageBytes, _ address: UInt32) -> Bool {
    let word = file.word(address)
    return address >= text.start && word & 0xfff0_f000 == 0xe300_c000
      && A32Manifest.maySystemCall(word >> 4 & 0xf000 | word & 0xfff)
  }

  /// The target of a branch; its offset is in words, relative to the branch plus two words.
  static func target(_ word: UInt32, at address: UInt32) -> UInt32 {
    // Wrapping: a backward offset is negative, in two's complement.
    address &+ 8 &+ UInt32(bitPattern: Int32(bitPattern: word << 8) >> 6)
  }

  /// Whether the svc at `address` is in a sigreturn trampoline as debuggers recognise it: before it
  /// `mov r7, #number`, before that a nop that an unwinder may take for a call, after it a trap.
  private func isTrampoline(
    _ file: borrowing ImageBytes, _ address: UInt32, _ number: UInt32
  ) -> Bool {
    address >= text.start + 8 && file.word(address - 8) == Word.nop
      && file.word(address - 4) == 0xe3a0_7000 | number && file.word(address + 4) == Word.trap
  }

  /// Checks that a branch stays in the text.
  private func checkBranch(_ word: UInt32, at address: UInt32) throws(VdsoImage.Violation) {
    // Wrapping: a target before the text becomes a large distance, as one far after it.
    guard Self.target(word, at: address) &- text.start < text.size else { throw .codeBranch }
  }

  /// Whether this is an instruction for kernels or debuggers: bkpt, hvc, smc, msr (A5.2.11,
  /// A5.2.12). udf is permitted, because the linker fills gaps between functions with it.
  static func isSystem(_ word: UInt32) -> Bool {
    word & 0x0f90_00f0 == 0x0100_0070 || word & 0x0fb0_00f0 == 0x0120_0000
      || word & 0x0fb0_0000 == 0x0320_0000 && word & 0x004f_0000 != 0
  }

  /// Whether an operand, or the base, is the program counter. Forms without a first operand use its
  /// bits otherwise. A return writes the program counter and does not read it.
  private static func usesProgramCounter(_ word: UInt32) -> Bool {
    let isBase = word >> 16 & 15 == 15
    switch word >> 25 & 7 {
    case 0:
      // Halfword, doubleword and exclusive accesses have a base register; multiplications have
      // none.
      if word & 0x90 == 0x90 { return isBase && word & 0x0100_0060 != 0 }
      if word & 0x0190_0000 == 0x0100_0000 { return false }  // bx, blx, clz and the like.
      return isBase || word & 15 == 15
    case 1: return isBase && word & 0x01b0_0000 != 0x0100_0000  // Not movw and movt.
    case 3: return isBase && word & 0x10 == 0  // Not bit fields.
    default: return isBase
    }
  }

  /// Checks a use of the program counter: only `sub rd, pc, #a; sub rd, rd, #b` to a table of the
  /// pages is permitted. The code contains no literal pools, and does not search for the pages.
  private mutating func checkPage(
    _ file: borrowing ImageBytes, _ word: UInt32, at address: UInt32
  ) throws(VdsoImage.Violation) {
    let register = word >> 12 & 15
    let next = file.word(address + 4)
    guard word & 0xffff_0000 == 0xe24f_0000, register != 15,
      next & 0xffff_f000 == 0xe240_0000 | register << 16 | register << 12
    else { throw .codePage }
    // Wrapping: the pages are before the image, at negative offsets.
    let target = address &+ 8 &- Self.immediate(word) &- Self.immediate(next)
    guard A32Rules.isTable(Int32(bitPattern: target)) else { throw .codePage }
    reachesPage = true
  }

  /// Decodes a modified immediate: eight bits, rotated right by twice the upper four (A5.2.4).
  private static func immediate(_ word: UInt32) -> UInt32 {
    let rotation = word >> 7 & 30
    let value = word & 255
    return value >> rotation | value << ((32 - rotation) & 31)
  }
}
