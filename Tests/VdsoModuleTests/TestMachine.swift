// SPDX-License-Identifier: Apache-2.0
@testable import VdsoModule

/// A machine for which `TestImage` builds an image. Its numbers are written down again, so that
/// they check those of the rules.
protocol TestMachine {
  associatedtype Rules: CodeRules
  associatedtype Fields: ElfFields

  /// `e_machine`.
  static var number: UInt16 { get }
  /// `e_flags`.
  static var flags: UInt32 { get }
  /// The type of the program header of the unwind table.
  static var unwindSegment: UInt32 { get }
  /// Bytes of the unwind table.
  static var unwindTableSize: Int { get }
  /// The instructions, the sigreturn trampolines last.
  static var code: [UInt32] { get }
  /// The indices of the instructions that are the trampolines.
  static var trampolines: (plain: Int, realTime: Int) { get }
  /// Changes that break the rules of the instruction set.
  static var codeMutations: [Mutations<Self>.Mutation] { get }
  /// The violations that no image of this machine can have.
  static var impossible: Set<VdsoImage.Violation> { get }

  static func putUnwindTable(in image: inout TestImage<Self>)
}

/// Offsets of fields in the tables of an ELF file; independent of `ElfClass`, which they check.
protocol ElfFields {
  static var wordSize: Int { get }
  static var headerSize: Int { get }
  static var programHeaders: Int { get }
  static var sectionHeaders: Int { get }
  static var flags: Int { get }
  /// Five numbers: header size, size and count of program headers, of section headers.
  static var sizes: Int { get }

  static var segmentSize: Int { get }
  static var segmentFlags: Int { get }
  /// The offset in the file; address and physical address follow.
  static var segmentOffset: Int { get }
  /// The bytes in the file; those in memory follow.
  static var segmentLength: Int { get }
  static var segmentAlignment: Int { get }

  static var sectionSize: Int { get }
  static var sectionFlags: Int { get }
  /// The offset in the file; the address is before it.
  static var sectionOffset: Int { get }
  static var sectionLength: Int { get }
  static var sectionEntry: Int { get }

  static var symbolSize: Int { get }
  static var symbolName: Int { get }
  static var symbolValue: Int { get }
  static var symbolLength: Int { get }
  /// Type and binding; visibility and section follow.
  static var symbolInfo: Int { get }
}

enum ElfFields32: ElfFields {
  static let wordSize = 4
  static let headerSize = 52
  static let programHeaders = 28
  static let sectionHeaders = 32
  static let flags = 36
  static let sizes = 40
  static let segmentSize = 32
  static let segmentFlags = 24
  static let segmentOffset = 4
  static let segmentLength = 16
  static let segmentAlignment = 28
  static let sectionSize = 40
  static let sectionFlags = 8
  static let sectionOffset = 16
  static let sectionLength = 20
  static let sectionEntry = 36
  static let symbolSize = 16
  static let symbolName = 0
  static let symbolValue = 4
  static let symbolLength = 8
  static let symbolInfo = 12
}

enum ElfFields64: ElfFields {
  static let wordSize = 8
  static let headerSize = 64
  static let programHeaders = 32
  static let sectionHeaders = 40
  static let flags = 48
  static let sizes = 52
  static let segmentSize = 56
  static let segmentFlags = 4
  static let segmentOffset = 8
  static let segmentLength = 32
  static let segmentAlignment = 48
  static let sectionSize = 64
  static let sectionFlags = 8
  static let sectionOffset = 24
  static let sectionLength = 32
  static let sectionEntry = 56
  static let symbolSize = 24
  static let symbolName = 0
  static let symbolValue = 8
  static let symbolLength = 16
  static let symbolInfo = 4
}
