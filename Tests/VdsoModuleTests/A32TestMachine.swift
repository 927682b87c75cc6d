// SPDX-License-Identifier: Apache-2.0
@testable import VdsoModule

/// The image for ARM's 32-bit machines.
typealias A32TestImage = TestImage<A32TestMachine>

enum A32TestMachine: TestMachine {
  typealias Rules = A32Rules
  typealias Fields = ElfFields32

  static let number: UInt16 = 40
  static let flags: UInt32 = 0x0500_0000
  static let unwindSegment: UInt32 = 0x7000_0001
  static let unwindTableSize = 32
  static let trampolines = (plain: 14, realTime: 18)
  static let impossible = KitImageTests.kitRules

  /// Access to the banks, the counter between barriers, a branch, a system call; from 13 on the
  /// sigreturn trampolines.
  static let code: [UInt32] = [
    0xe24f_3c16, 0xe243_3048, 0xf57f_f05b, 0xf57f_f06f, 0xec51_0f1e, 0xf57f_f05b,
    0x1aff_fff8, 0xe12f_ff1e, 0xe300_c193, 0xe92d_4080, 0xe1a0_700c, 0xef00_0000,
    0xe8bd_8080,
    0xe320_f000, 0xe3a0_7077, 0xef00_0000, 0xe7ff_defe,
    0xe320_f000, 0xe3a0_70ad, 0xef00_0000, 0xe7ff_defe,
  ]

  /// Four entries: the code, the two trampolines, the end.
  static func putUnwindTable(in image: inout A32TestImage) {
    let entries: [(Int, UInt32)] = [
      (0, 0x80b0_b0b0), (13, 0x800b_8fff), (17, 0x802b_8fff), (21, 1),
    ]
    for (index, entry) in entries.enumerated() {
      image.putUnwindEntry(index, at: A32TestImage.text + entry.0 * 4, entry.1)
    }
  }

  static var codeMutations: [Mutations<Self>.Mutation] {
    [
      (.exportHalf, "64 bits", { $0.dropSymbols(TestImage<Self>.symbolCount - 2) }),
      (.exportHalf, "all but the first three", { $0.dropSymbols(TestImage<Self>.symbolCount - 4) }),
      (.codeFloat, "vmov d0, r2, r3", { $0.setCode(7, 0xec43_2b10) }),
      (.codeFloat, "vpush {d8}", { $0.setCode(7, 0xed2d_8b02) }),
      (.codeFloat, "vadd.i32 d0, d0, d1", { $0.setCode(7, 0xf220_0801) }),
      (.codeFloat, "vld1.32 {d16}, [r1]", { $0.setCode(7, 0xf461_078f) }),
      (.codeFloat, "vmov.f32 s0, s1", { $0.setCode(7, 0xeeb0_0a60) }),
      (.codeRegister, "mcr p15, 0, r0, c7, c10, 5", { $0.setCode(7, 0xee07_0fba) }),
      (.codeRegister, "mcrr p15, 0, r0, r1, c2", { $0.setCode(7, 0xec41_0f02) }),
      (.codeRegister, "mrc p15, 0, r0, c0, c0, 0", { $0.setCode(7, 0xee10_0f10) }),
      (.codeRegister, "mrrc p15, 0, the physical counter", { $0.setCode(4, 0xec51_0f0e) }),
      (.codeRegister, "cdp p1", { $0.setCode(7, 0xee00_0100) }),
      (.codeRegister, "stc p2, [r0]", { $0.setCode(7, 0xed80_0200) }),
      (.codeRegister, "mcr2 p15", { $0.setCode(7, 0xfe07_0fba) }),
      (.codeSystem, "blx to Thumb, at once", { $0.setCode(7, 0xfb00_0000) }),
      (.codeSystem, "bkpt", { $0.setCode(7, 0xe120_0070) }),
      (.codeSystem, "hvc", { $0.setCode(7, 0xe140_0070) }),
      (.codeSystem, "smc", { $0.setCode(7, 0xe160_0070) }),
      (.codeSystem, "msr cpsr_c, r0", { $0.setCode(7, 0xe121_f000) }),
      (.codeSystem, "msr cpsr_f, #0", { $0.setCode(7, 0xe328_f000) }),
      (.codeSystem, "cpsid i", { $0.setCode(7, 0xf10c_0080) }),
      (.codeSystem, "dmb ishst", { $0.setCode(5, 0xf57f_f05a) }),
      (.codeSystem, "blx to Thumb", { $0.setCode(7, 0xfaff_ffff) }),
      (.codeCall, "exit", { $0.setCode(8, 0xe300_c001) }),
      (.codeCall, "a number from elsewhere", { $0.setCode(8, 0xe1a0_c000) }),
      (.codeCall, "from another register", { $0.setCode(10, 0xe1a0_7000) }),
      (.codeCall, "a number of its own", { $0.setCode(10, 0xe300_7193) }),
      (.codeCall, "without a frame", { $0.setCode(9, 0xe1a0_0000) }),
      (.codeCall, "svc #1", { $0.setCode(11, 0xef00_0001) }),
      (.codeCall, "svc elsewhere", { $0.setCode(7, 0xef00_0000) }),
      (.codeCall, "svc first", { $0.setCode(0, 0xef00_0000) }),
      (.codeCall, "a branch without a number", { $0.setCode(6, 0xea00_0001) }),
      (.codeCall, "a branch to its middle", { $0.setCode(6, 0xea00_0002) }),
      (.codeCall, "a branch to its svc", { $0.setCode(6, 0x1a00_0003) }),
      (
        .codeCall, "a branch that may be taken",
        {
          $0.setCode(5, 0xe300_c193)
          $0.setCode(6, 0x1a00_0001)
        }
      ),
      (.signalTrampoline, "only the plain one", { $0.setCode(19, 0xe1a0_0000) }),
      (.signalTrampoline, "only the other", { $0.setCode(15, 0xe1a0_0000) }),
      (.signalTrampoline, "two plain ones", { $0.setCode(18, 0xe3a0_7077) }),
      (.signalTrampoline, "two others", { $0.setCode(14, 0xe3a0_70ad) }),
      (.signalTrampoline, "movw", { $0.setCode(14, 0xe300_7077) }),
      (.signalTrampoline, "nothing before", { $0.setCode(17, 0xe1a0_0000) }),
      (.signalTrampoline, "something after", { $0.setCode(16, 0xe12f_ff1e) }),
      (.unwindAddress, "not from the start", { $0.putUnwindEntry(0, at: 1860, 0x80b0_b0b0) }),
      (.unwindAddress, "before the code", { $0.putUnwindEntry(0, at: 1852, 0x80b0_b0b0) }),
      (.unwindAddress, "not ascending", { $0.putUnwindEntry(2, at: 1908, 0x802b_8fff) }),
      (.unwindAddress, "between instructions", { $0.putUnwindEntry(2, at: 1926, 0x802b_8fff) }),
      (.unwindAddress, "ends early", { $0.putUnwindEntry(3, at: 1936, 1) }),
      (.unwindAddress, "ends late", { $0.putUnwindEntry(3, at: 1944, 1) }),
      (.unwindAddress, "wraps", { $0.putUnwindEntry(2, at: -4, 0x802b_8fff) }),
      (.unwindProgram, "no end", { $0.putUnwindEntry(3, at: 1940, 0x80b0_b0b0) }),
      (.unwindProgram, "an end in between", { $0.putUnwindEntry(1, at: 1908, 1) }),
      (.unwindProgram, "another address", { $0.putUnwindEntry(0, at: 1856, 0x0000_0100) }),
      (.unwindProgram, "a long one", { $0.putUnwindEntry(0, at: 1856, 0x8101_b0b0) }),
      (.unwindProgram, "downwards", { $0.putUnwindEntry(0, at: 1856, 0x8040_b0b0) }),
      (.unwindProgram, "without the link", { $0.putUnwindEntry(0, at: 1856, 0x80a0_b0b0) }),
      (.unwindProgram, "an empty mask", { $0.putUnwindEntry(0, at: 1856, 0x8080_00b0) }),
      (.unwindProgram, "floating point", { $0.putUnwindEntry(0, at: 1856, 0x80b1_0fb0) }),
      (.unwindProgram, "sp from a register", { $0.putUnwindEntry(0, at: 1856, 0x809b_b0b0) }),
      (.unwindTrampoline, "another frame", { $0.putUnwindEntry(1, at: 1908, 0x800c_8fff) }),
      (.unwindTrampoline, "the plain one's", { $0.putUnwindEntry(2, at: 1924, 0x800b_8fff) }),
      (.unwindTrampoline, "not for its call", { $0.putUnwindEntry(2, at: 1932, 0x802b_8fff) }),
      (.unwindTrampoline, "not for its first", { $0.putUnwindEntry(1, at: 1912, 0x800b_8fff) }),
      (.codeBranch, "before", { $0.setCode(6, 0x1aff_fff7) }),
      (.codeBranch, "after", { $0.setCode(6, 0xeb00_000d) }),
      (.codePage, "other table", { $0.setCode(1, 0xe243_3044) }),
      (.codePage, "only half", { $0.setCode(1, 0xe12f_ff1e) }),
      (.codePage, "completed elsewhere", { $0.setCode(1, 0xe244_4048) }),
      (.codePage, "a literal", { $0.setCode(7, 0xe59f_0000) }),
      (.codePage, "a literal pair", { $0.setCode(7, 0xe1cf_00d0) }),
      (.codePage, "add r0, pc, #0", { $0.setCode(7, 0xe28f_0000) }),
      (.codePage, "mov r0, pc", { $0.setCode(7, 0xe1a0_000f) }),
      (.codePage, "ldr r0, [pc, r1]", { $0.setCode(7, 0xe79f_0001) }),
      (.codePage, "ldm pc, {r0}", { $0.setCode(7, 0xe89f_0001) }),
      (
        .codePage, "nothing reaches it",
        {
          $0.setCode(0, 0xe1a0_0000)
          $0.setCode(1, 0xe1a0_0000)
        }
      ),
    ]
  }
}

extension TestImage<A32TestMachine> {
  /// An entry of the unwind table for the code that begins at an offset.
  mutating func putUnwindEntry(_ index: Int, at place: Int, _ program: UInt32) {
    let entry = Self.unwindTable + index * 8
    put32(entry, UInt32(truncatingIfNeeded: place - entry) & 0x7fff_ffff, program)
  }
}
