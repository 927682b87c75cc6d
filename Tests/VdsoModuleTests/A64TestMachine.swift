// SPDX-License-Identifier: Apache-2.0
@testable import VdsoModule

/// The image for a 64-bit machine.
typealias A64TestImage = TestImage<A64TestMachine>

enum A64TestMachine: TestMachine {
  typealias Rules = A64Rules
  typealias Fields = ElfFields64

  static let number: UInt16 = 183
  static let flags: UInt32 = 0
  static let unwindSegment: UInt32 = 0x6474_e550
  static let unwindTableSize = 84
  static let trampolines = (plain: 10, realTime: 10)
  /// It has no pairs of exports.
  static let impossible = KitImageTests.kitRules.union([.exportHalf])

  /// The banks' address, the counter between barriers, a branch, a return, a system call; from 9 on
  /// the sigreturn trampoline.
  static let code: [UInt32] = [
    adr(to: -4096 + 0x100), 0xd503_39bf, 0xd503_3fdf, 0xd53b_e040, 0xd503_39bf, 0x54ff_ff61,
    0xd280_0e28, 0xd400_0001, 0xd65f_03c0,
    0xd503_201f, 0xd280_1168, 0xd400_0001,
  ]

  /// adr x3 of an offset from the image, as the first instruction.
  private static func adr(to target: Int) -> UInt32 {
    let distance = UInt32(bitPattern: Int32(target - A64TestImage.text))
    return 0x1000_0003 | (distance & 3) << 29 | (distance >> 2 & 0x7_ffff) << 5
  }

  /// Two common records, each followed by that of its code, and the end.
  static func putUnwindTable(in image: inout A64TestImage) {
    image.putCommonRecord(0, "zR")
    image.putRecord(1, of: 0, at: 0, count: 9)
    image.putCommonRecord(2, "zRS")
    image.putRecord(3, of: 2, at: 9, count: 3)
  }

  static var codeMutations: [Mutations<Self>.Mutation] {
    [
      (.codeFloat, "fmov d0, x2", { $0.setCode(8, 0x9e67_0040) }),
      (.codeFloat, "ldr q0, [x0]", { $0.setCode(8, 0x3dc0_0000) }),
      (.codeFloat, "add v0.4s, v0.4s, v1.4s", { $0.setCode(8, 0x4ea1_8400) }),
      (.codeRegister, "mrs x0, cntpct_el0", { $0.setCode(3, 0xd53b_e020) }),
      (.codeRegister, "msr tpidr_el0, x0", { $0.setCode(8, 0xd51b_d040) }),
      (.codeSystem, "dmb ishst", { $0.setCode(4, 0xd503_3abf) }),
      (.codeSystem, "wfi", { $0.setCode(8, 0xd503_207f) }),
      (.codeCall, "exit", { $0.setCode(6, 0xd280_0ba8) }),
      (.codeCall, "svc #1", { $0.setCode(7, 0xd400_0021) }),
      (.codeCall, "hvc", { $0.setCode(7, 0xd400_0002) }),
      (.codeCall, "svc first", { $0.setCode(0, 0xd400_0001) }),
      (.codeBranch, "before", { $0.setCode(8, 0x17ff_fff7) }),
      (.codeBranch, "after", { $0.setCode(8, 0x9400_0004) }),
      (.codeBranch, "b.ne after", { $0.setCode(5, 0x5400_00e1) }),
      (.codePage, "other table", { $0.setCode(0, 0x1000_0003) }),
      (.codePage, "adrp", { $0.setCode(0, 0x9000_0003) }),
      (.codePage, "a literal", { $0.setCode(8, 0x5800_0000) }),
      (.codePage, "nothing reaches it", { $0.setCode(0, 0xd503_201f) }),
      (.signalTrampoline, "none", { $0.setCode(10, 0xd280_0e28) }),
      (.signalTrampoline, "two", { $0.setCode(6, 0xd280_1168) }),
      (.signalTrampoline, "nothing before", { $0.setCode(9, 0xd65f_03c0) }),
      (.unwindAddress, "not from the start", { $0.putRecord(1, of: 0, at: 1, count: 8) }),
      (.unwindAddress, "a gap", { $0.putRecord(1, of: 0, at: 0, count: 8) }),
      (.unwindAddress, "ends late", { $0.putRecord(3, of: 2, at: 9, count: 4) }),
      (.unwindAddress, "ends early", { $0.putRecord(3, of: 2, at: 9, count: 2) }),
      (.unwindProgram, "another augmentation", { $0.putCommonRecord(0, "zP") }),
      (.unwindProgram, "no common record", { $0.put32(A64TestImage.unwindTable + 24, 8) }),
      (.unwindTrampoline, "no signal frame", { $0.putRecord(3, of: 0, at: 9, count: 3) }),
      (
        .unwindTrampoline, "not for the nop",
        {
          $0.putRecord(1, of: 0, at: 0, count: 10)
          $0.putRecord(3, of: 2, at: 10, count: 2)
        }
      ),
    ]
  }
}

extension TestImage<A64TestMachine> {
  fileprivate mutating func putCommonRecord(_ index: Int, _ augmentation: String) {
    let record = Self.unwindTable + index * 20
    put32(record, 16, 0)
    let content = [1] + Array(augmentation.utf8) + [0, 4, 0x78, 30, 1, 0x1b]
    for (offset, byte) in content.enumerated() { bytes[record + 8 + offset] = byte }
  }

  /// The record of `count` instructions from one on, which belongs to a common record.
  fileprivate mutating func putRecord(_ index: Int, of common: Int, at first: Int, count: Int) {
    let record = Self.unwindTable + index * 20
    put32(record, 16, UInt32((index - common) * 20 + 4))
    put32(record + 8, UInt32(Self.text + first * 4 - record - 8), UInt32(count * 4))
  }
}
