// SPDX-License-Identifier: Apache-2.0
@testable import VdsoModule

/// Rules for images of a 64-bit machine, as a port to AArch64 has them: ELF64, A64 code, unwinding
/// by `.eh_frame`. They show that the check of images is not tied to ARM's 32-bit machines.
enum A64Rules: CodeRules {
  typealias Class = ElfClass64

  enum Manifest: VdsoManifest {
    static let nodeCount: UInt16 = 1
    static let exportCount: UInt32 = 4
    static let pairedCount: UInt32 = 0

    static func node(_ index: UInt16) -> StaticString { "LINUX_2.6.39" }

    static func export(_ number: UInt32) -> VdsoExport {
      switch number {
      case 0: VdsoExport("__kernel_clock_gettime", 2)
      case 1: VdsoExport("__kernel_clock_getres", 2)
      case 2: VdsoExport("__kernel_gettimeofday", 2)
      default: VdsoExport("__kernel_rt_sigreturn", 2)
      }
    }
  }

  static let machine: UInt16 = 183  // EM_AARCH64
  static let flags: UInt32 = 0
  static let codeAlignment: UInt32 = 4
  static let unwindSegment: UInt32 = 0x6474_e550  // PT_GNU_EH_FRAME
  static let unwindEntrySize: UInt32 = 4

  private enum Word {
    static let svc: UInt32 = 0xd400_0001
    static let nop: UInt32 = 0xd503_201f
    static let isb: UInt32 = 0xd503_3fdf
    static let dmbLoads: UInt32 = 0xd503_39bf
    /// mov x8, #139
    static let sigreturn: UInt32 = 0xd280_1168
    /// mov x8, #113 (clock_gettime), #114 (clock_getres), #169 (gettimeofday)
    static let calls: [UInt32] = [0xd280_0e28, 0xd280_0e48, 0xd280_1528]
  }

  static func check(
    _ bytes: RawSpan, expecting expected: BuildID?
  ) throws(VdsoImage.Violation) -> VdsoImage {
    try VdsoImage(checking: bytes, by: Self.self, expecting: expected)
  }

  static func checkCode(
    _ file: borrowing ImageBytes, _ text: ImageRange
  ) throws(VdsoImage.Violation) -> SignalTrampolines {
    var trampoline: UInt32?
    var reachesPage = false
    for address in stride(from: text.start, to: text.end, by: 4) {
      let word = file.word(address)
      if word >> 25 & 7 == 7 || word >> 25 & 5 == 4 && word >> 26 & 1 == 1 { throw .codeFloat }
      if word >> 24 == 0xd5 {
        try checkSystem(word)
      } else if word >> 24 == 0xd4 {
        guard word == Word.svc, address >= text.start + 8 else { throw .codeCall }
        if file.word(address - 4) == Word.sigreturn {
          guard trampoline == nil, file.word(address - 8) == Word.nop else {
            throw .signalTrampoline
          }
          trampoline = address - 4
        } else if !Word.calls.contains(file.word(address - 4)) {
          throw .codeCall
        }
      } else if word & 0x7c00_0000 == 0x1400_0000 {  // b, bl
        try checkBranch(word << 6, 4, at: address, text)
      } else if word & 0xff00_0010 == 0x5400_0000 || word & 0x7e00_0000 == 0x3400_0000 {
        try checkBranch(word << 8 & 0xffff_e000, 11, at: address, text)  // b.cond, cbz, cbnz
      } else if word & 0x1f00_0000 == 0x1000_0000 {  // adr, adrp
        let distance = Int32(bitPattern: word << 8 & 0xffff_e000) >> 11 | Int32(word >> 29 & 3)
        guard word >> 31 == 0, isTable(Int32(address) + distance) else { throw .codePage }
        reachesPage = true
      } else if word & 0x3b00_0000 == 0x1800_0000 {  // ldr of a literal
        throw .codePage
      }
    }
    guard reachesPage else { throw .codePage }
    guard let trampoline else { throw .signalTrampoline }
    return SignalTrampolines(plain: trampoline, realTime: trampoline)
  }

  private static func checkSystem(_ word: UInt32) throws(VdsoImage.Violation) {
    if [Word.nop, Word.isb, Word.dmbLoads].contains(word) { return }
    if word >> 20 & 1 == 0 { throw .codeSystem }
    guard word & ~31 == 0xd53b_e040 else { throw .codeRegister }  // CNTVCT_EL0
  }

  private static func checkBranch(
    _ offset: UInt32, _ shift: Int32, at address: UInt32, _ text: ImageRange
  ) throws(VdsoImage.Violation) {
    let target = address &+ UInt32(bitPattern: Int32(bitPattern: offset) >> shift)
    guard target &- text.start < text.size else { throw .codeBranch }
  }

  /// Checks `.eh_frame`: records of a size, an identifier and content. An identifier of 0 is that
  /// of a common record, whose augmentation has an S for signal frames; others describe code from
  /// an address relative to itself.
  static func checkUnwinding(
    _ file: borrowing ImageBytes, _ table: ImageRange, _ text: ImageRange,
    _ trampolines: SignalTrampolines
  ) throws(VdsoImage.Violation) {
    var common: [UInt32: Bool] = [:]
    var next = text.start
    var signalCode = 0..<UInt32(0)
    var record = table.start
    while table.end - record >= 20, file.word(record) != 0 {
      guard file.word(record) == 16 else { throw .unwindProgram }
      let identifier = file.word(record + 4)
      if identifier == 0 {
        guard file.byte(record + 8) == 1 else { throw .unwindProgram }
        common[record] = file.isString(record + 9, "zRS")
        guard common[record] == true || file.isString(record + 9, "zR") else {
          throw .unwindProgram
        }
      } else {
        guard let isSignal = common[record + 4 &- identifier] else { throw .unwindProgram }
        let start = record + 8 &+ file.word(record + 8)
        let size = file.word(record + 12)
        guard start == next, size > 0, size % 4 == 0, size <= text.end - start else {
          throw .unwindAddress
        }
        next = start + size
        if isSignal { signalCode = start..<next }
      }
      record += 20
    }
    guard next == text.end else { throw .unwindAddress }
    // An unwinder looks for the call before the return address.
    guard signalCode.contains(trampolines.realTime - 1), signalCode.contains(trampolines.realTime)
    else { throw .unwindTrampoline }
  }
}
