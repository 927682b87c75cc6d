// SPDX-License-Identifier: Apache-2.0
@testable import VdsoModule

/// Changes to the test image of a machine, at least one for every rule: the rule that each breaks,
/// and no other, is the reason why the image is refused.
enum Mutations<Machine: TestMachine> {
  typealias Mutation = (
    rule: VdsoImage.Violation, name: String, mutate: (inout TestImage<Machine>) -> Void
  )
  private typealias Image = TestImage<Machine>
  private typealias Fields = Machine.Fields

  static var all: [Mutation] { headers + tables + symbols + Machine.codeMutations }

  private static var headers: [Mutation] {
    [
      (.size, "empty", { $0.bytes = [] }),
      (
        .size, "shorter than the header",
        { $0.bytes = Array($0.bytes.prefix(Fields.headerSize - 1)) }
      ),
      (.size, "too large", { $0.bytes += [UInt8](repeating: 0, count: 4 * 4096) }),
      (.magic, "magic", { $0.bytes[1] = 0x65 }),
      (.elfClass, "the other one", { $0.bytes[4] = 3 - $0.bytes[4] }),
      (.byteOrder, "big endian", { $0.bytes[5] = 2 }),
      (.elfVersion, "e_ident", { $0.bytes[6] = 0 }),
      (.elfVersion, "e_version", { $0.put32(20, 2) }),
      (.type, "executable", { $0.put16(16, 2) }),
      (.machine, "x86", { $0.put16(18, 3) }),
      (.flags, "another", { $0.put32(Fields.flags, Machine.flags ^ 0x400) }),
      (.flags, "of the high byte", { $0.put32(Fields.flags, Machine.flags ^ 0x0100_0000) }),
      (.headerSize, "larger", { $0.put16(Fields.sizes, UInt16(Fields.headerSize + 8)) }),
      (.programHeaderTable, "none", { $0.put16(Fields.sizes + 4, 0) }),
      (.programHeaderTable, "65535", { $0.put16(Fields.sizes + 4, 65535) }),
      (
        .programHeaderTable, "entry size",
        { $0.put16(Fields.sizes + 2, UInt16(Fields.segmentSize + 8)) }
      ),
      (
        .programHeaderTable, "elsewhere",
        { $0.putWord(Fields.programHeaders, UInt32(Fields.headerSize + 8)) }
      ),
      (
        .programHeaderTable, "at the end of memory",
        { $0.putWord(Fields.programHeaders, 0xffff_fff0) }
      ),
      (.sectionHeaderTable, "wraps", { $0.putWord(Fields.sectionHeaders, 0xffff_fffc) }),
      (.sectionHeaderTable, "none", { $0.put16(Fields.sizes + 8, 0) }),
      (
        .sectionHeaderTable, "entry size",
        { $0.put16(Fields.sizes + 6, UInt16(Fields.sectionSize + 8)) }
      ),
      (.sectionHeaderTable, "misaligned", { $0.putWord(Fields.sectionHeaders, 1026) }),
      (.segmentBounds, "size", { $0.putWord(Image.load + Fields.segmentLength, 4097) }),
      (.segmentBounds, "offset", { $0.putWord(Image.note + Fields.segmentOffset, 4096) }),
      (
        .segmentBounds, "sum wraps",
        { $0.putWord(Image.dynamic + Fields.segmentLength, 0xffff_ffff) }
      ),
      (.segmentBounds, "a note beyond its segment", { $0.put32(Image.pageNote + 4, 16) }),
      (.segmentBounds, "a note of 4 GiB", { $0.put32(Image.notes, 0xffff_ffff) }),
      (.segmentBounds, "half a note", { $0.putWord(Image.note + Fields.segmentLength, 72) }),
      (.loadCount, "none", { $0.put32(Image.load, 0) }),
      (
        .loadCount, "two",
        { image in
          let load = image.bytes[Image.load..<Image.load + Fields.segmentSize]
          image.bytes.replaceSubrange(Image.stack..<Image.stack + Fields.segmentSize, with: load)
        }
      ),
      (.loadAddress, "offset", { $0.putWord(Image.load + Fields.segmentOffset, 4) }),
      (
        .loadAddress, "address",
        { $0.putWord(Image.load + Fields.segmentOffset + Fields.wordSize, 0x1000) }
      ),
      (.loadSize, "bss", { $0.putWord(Image.load + Fields.segmentLength + Fields.wordSize, 4096) }),
      (
        .loadSize, "without the headers",
        {
          $0.putWord(Image.load + Fields.segmentLength, 64)
          $0.putWord(Image.load + Fields.segmentLength + Fields.wordSize, 64)
        }
      ),
      (.loadAlignment, "64 KiB", { $0.putWord(Image.load + Fields.segmentAlignment, 0x10000) }),
      (.loadPermissions, "writable", { $0.put32(Image.load + Fields.segmentFlags, 7) }),
      (.loadPermissions, "not executable", { $0.put32(Image.load + Fields.segmentFlags, 4) }),
      (.dynamicCount, "none", { $0.put32(Image.dynamic, 0) }),
      (.dynamicWritable, "writable", { $0.put32(Image.dynamic + Fields.segmentFlags, 6) }),
      (.executableStack, "stack", { $0.put32(Image.stack + Fields.segmentFlags, 7) }),
      (.noPageNote, "other owner", { $0.put32(Image.pageNote + 12, 0x4141_4141) }),
      (.noPageNote, "no notes", { $0.put32(Image.note, 0) }),
      (.stalePage, "version", { $0.put32(Image.pageNote + 20, 0) }),
      (.stalePage, "size", { $0.put32(Image.pageNote + 24, 4) }),
      (.stalePage, "layout", { $0.put32(Image.pageNote + 28, 1) }),
      (.tail, "a byte", { $0.bytes[4095] = 1 }),
      (.sectionHeaderTable, "outside", { $0.putWord(Fields.sectionHeaders, 4092) }),
      (
        .segmentBounds, "dynamic address",
        { $0.putWord(Image.dynamic + Fields.segmentOffset + Fields.wordSize, 516) }
      ),
      (
        .segmentBounds, "note address",
        { $0.putWord(Image.note + Fields.segmentOffset + Fields.wordSize, 0) }
      ),
      (.segmentBounds, "not loaded", { $0.putWord(Image.note + Fields.segmentLength, 2000) }),
      (.unwindTable, "none", { $0.put32(Image.unwind, 0x6474_e551) }),
      (.unwindTable, "two", { $0.copy(Image.unwind, to: Image.stack, Fields.segmentSize) }),
      (.unwindTable, "empty", { $0.putWord(Image.unwind + Fields.segmentLength, 0) }),
      (
        .unwindTable, "half an entry",
        {
          $0.putWord(
            Image.unwind + Fields.segmentLength,
            Machine.Rules.unwindEntrySize + Machine.Rules.unwindEntrySize / 2)
        }
      ),
      (.forbiddenSegment, "TLS", { $0.put32(Image.stack, 7) }),
      (.forbiddenSegment, "interpreter", { $0.put32(Image.stack, 3) }),
      (.forbiddenSegment, "RELRO", { $0.put32(Image.stack, 0x6474_e552) }),
      (.forbiddenSegment, "of no known type", { $0.put32(Image.stack, 0x7000_0003) }),
      (.sectionForbidden, "writable", { $0.putSection(2, Fields.sectionFlags, 7) }),
      (.sectionForbidden, "REL", { $0.put32(Image.section(0) + 4, 9) }),
      (.sectionForbidden, "RELA", { $0.put32(Image.section(0) + 4, 4) }),
      (.sectionOfSymbols, "none", { $0.put32(Image.section(1) + 4, 2) }),
      (
        .sectionOfSymbols, "two",
        { $0.copy(Image.section(1), to: Image.sections, Fields.sectionSize) }
      ),
      (.sectionOfSymbols, "elsewhere", { $0.putSection(1, Fields.sectionOffset, 900) }),
      (.sectionOfSymbols, "more", { $0.putSection(1, Fields.sectionLength, 4096) }),
      (
        .sectionOfSymbols, "size of an entry",
        { $0.putSection(1, Fields.sectionEntry, UInt32(Fields.symbolSize + 8)) }
      ),
      (.textSection, "none", { $0.putSection(2, Fields.sectionFlags, 2) }),
      (.textSection, "two", { $0.putSection(0, Fields.sectionFlags, 4) }),
      (.textSection, "empty", { $0.putSection(2, Fields.sectionLength, 0) }),
      (.textSection, "not loaded", { $0.putSection(2, Fields.sectionLength, 400) }),
      (.textSection, "wraps", { $0.putSection(2, Fields.sectionLength, 0xffff_fffc) }),
      (.textSection, "half an instruction", { $0.putSection(2, Fields.sectionLength, 46) }),
      (.textSection, "address", { $0.putSection(2, Fields.sectionOffset - Fields.wordSize, 0) }),
      (.noBuildID, "other type", { $0.put32(Image.notes + 8, 4) }),
      (.otherBuild, "a digit", { $0.bytes[Image.notes + 20] ^= 1 }),
    ]
  }

  private static var tables: [Mutation] {
    [
      (
        .dynamicEnd, "cut off",
        { $0.putWord(Image.dynamic + Fields.segmentLength, UInt32(22 * Fields.wordSize)) }
      ),
      (
        .dynamicEnd, "less than an entry",
        { $0.putWord(Image.dynamic + Fields.segmentLength, UInt32(3 * Fields.wordSize)) }
      ),
      (.dynamicEntry, "empty", { $0.putTag(0, 0) }),
      (
        .dynamicEntry, "no HASH",
        {
          $0.putTag(0, 30)
          $0.putValue(0, 2)
        }
      ),
      (.dynamicEntry, "two SYMTAB", { $0.putTag(0, 6) }),
      (
        .dynamicEntry, "no VERDEFNUM",
        {
          $0.putTag(9, 30)
          $0.putValue(9, 2)
        }
      ),
      (.dynamicForbidden, "REL", { $0.putTag(10, 17) }),
      (.dynamicForbidden, "RELR", { $0.putTag(10, 36) }),
      (.dynamicForbidden, "NEEDED", { $0.putTag(10, 1) }),
      (.dynamicForbidden, "TEXTREL", { $0.putTag(10, 22) }),
      (.dynamicForbidden, "TEXTREL in FLAGS", { $0.putValue(10, 6) }),
      (.dynamicForbidden, "INIT", { $0.putTag(8, 12) }),
      (.strings, "no end", { $0.putValue(6, 8) }),
      (.strings, "none", { $0.putValue(6, 0) }),
      (.strings, "outside", { $0.putValue(2, 2047) }),
      (.strings, "wraps", { $0.putValue(2, 0xffff_ffff) }),
      (.nameBounds, "SONAME", { $0.putValue(8, 400) }),
      (.nameBounds, "a symbol's", { $0.putSymbol(1, Fields.symbolName, 400) }),
      (.nameBounds, "a version's", { $0.put32(Image.definitions + 48, 0xffff_ff00) }),
      (.symbolSize, "SYMENT", { $0.putValue(7, UInt32(Fields.symbolSize + 8)) }),
      (.hashBounds, "outside", { $0.putValue(0, 2044) }),
      (.hashBounds, "misaligned", { $0.putValue(0, UInt32(Image.hash + 2)) }),
      (.hashBounds, "wraps", { $0.putValue(0, 0xffff_fffc) }),
      (.hashBounds, "no buckets", { $0.put32(Image.hash, 0) }),
      (.hashBounds, "too many buckets", { $0.put32(Image.hash, 0x4000_0000) }),
      (.hashBounds, "no symbols", { $0.put32(Image.hash + 4, 0) }),
      (.hashBounds, "too many symbols", { $0.put32(Image.hash + 4, 0xffff_ffff) }),
      (.hashBounds, "a bucket", { $0.put32(Image.hash + 8, 100) }),
      (.hashBounds, "a link", { $0.put32(Image.hash + 16, 0xffff_ffff) }),
      (.hashCycle, "a circle", { $0.put32(Image.lastLink, 1) }),
      (.hashCycle, "a circle of one", { $0.put32(Image.hash + 16, 1) }),
      (.gnuHashBounds, "outside", { $0.putValue(1, 2044) }),
      (.gnuHashBounds, "misaligned", { $0.putValue(1, UInt32(Image.gnuHash + 2)) }),
      (.gnuHashBounds, "no buckets", { $0.put32(Image.gnuHash, 0) }),
      (.gnuHashBounds, "too many buckets", { $0.put32(Image.gnuHash, 0x8000_0000) }),
      (.gnuHashBounds, "first symbol", { $0.put32(Image.gnuHash + 4, 9999) }),
      (.gnuHashBounds, "begins with the empty one", { $0.put32(Image.gnuHash + 4, 0) }),
      (.gnuHashBounds, "no filter", { $0.put32(Image.gnuHash + 8, 0) }),
      (.gnuHashBounds, "filter of three words", { $0.put32(Image.gnuHash + 8, 3) }),
      (.gnuHashBounds, "too large a filter", { $0.put32(Image.gnuHash + 8, 0x8000_0000) }),
      (.gnuHashBounds, "shift", { $0.put32(Image.gnuHash + 12, 32) }),
      (.gnuHashBounds, "a bucket", { $0.put32(Image.gnuBucket, 100) }),
      (.gnuHashCycle, "an even last hash", { $0.bytes[Image.lastGnuHash] &= 0xfe }),
    ]
  }

  private static var symbols: [Mutation] {
    [
      (.symbolBounds, "outside", { $0.moveSymbols(to: 2044) }),
      (.symbolBounds, "misaligned", { $0.moveSymbols(to: 898) }),
      (.symbolBounds, "wraps", { $0.moveSymbols(to: 0xffff_fff0) }),
      (.symbolBounds, "versions outside", { $0.putValue(4, 2046) }),
      (.symbolBounds, "versions misaligned", { $0.putValue(4, 1153) }),
      (.symbolZero, "a name", { $0.bytes[Image.symbols] = 1 }),
      (.symbolZero, "a section", { $0.bytes[Image.symbols + Fields.symbolInfo + 2] = 1 }),
      (.symbolUndefined, "section 0", { $0.put16(Image.symbol(1) + Fields.symbolInfo + 2, 0) }),
      (.symbolType, "object", { $0.bytes[Image.symbol(1) + Fields.symbolInfo] = 0x11 }),
      (.symbolType, "local", { $0.bytes[Image.symbol(1) + Fields.symbolInfo] = 0x02 }),
      (.symbolType, "hidden", { $0.bytes[Image.symbol(1) + Fields.symbolInfo + 1] = 2 }),
      (.symbolAddress, "absolute", { $0.put16(Image.symbol(1) + Fields.symbolInfo + 2, 0xfff1) }),
      (.symbolAddress, "before", { $0.putSymbol(1, Fields.symbolValue, UInt32(Image.text - 4)) }),
      (
        .symbolAddress, "after",
        { $0.putSymbol(1, Fields.symbolValue, UInt32(Image.text + Image.textSize)) }
      ),
      (
        .symbolAddress, "between instructions",
        { $0.putSymbol(1, Fields.symbolValue, UInt32(Image.text + 1)) }
      ),
      (.symbolAddress, "size 0", { $0.putSymbol(1, Fields.symbolLength, 0) }),
      (
        .symbolAddress, "too long",
        { $0.putSymbol(1, Fields.symbolLength, UInt32(Image.textSize + 4)) }
      ),
      (.symbolAddress, "wraps", { $0.putSymbol(1, Fields.symbolLength, 0xffff_fffc) }),
      (.notInHash, "an empty bucket", { $0.put32(Image.hash + 8, 0) }),
      (.notInHash, "passed over", { $0.put32(Image.hash + 8, 2) }),
      (.notInGnuHash, "an empty bucket", { $0.put32(Image.gnuBucket, 0) }),
      (.notInGnuHash, "passed over", { $0.put32(Image.gnuBucket, 2) }),
      (.notInGnuHash, "filtered out", { $0.putWord(Image.gnuHash + 16, 0) }),
      (.notInGnuHash, "another hash", { $0.bytes[Image.gnuHashes + 2] ^= 1 }),
      (.notInGnuHash, "ends too early", { $0.bytes[Image.gnuHashes] |= 1 }),
      (.exportUnknown, "one letter", { $0.bytes[Image.strings + 8] ^= 1 }),
      (.exportUnknown, "longer", { $0.putSymbol(1, Fields.symbolName, 2) }),
      (.exportTwice, "a copy", { $0.doubleTheFirstExport() }),
      (.exportMissing, "the last", { $0.dropSymbols(1) }),
      (.versionBounds, "outside", { $0.putValue(5, 2044) }),
      (.versionBounds, "misaligned", { $0.putValue(5, 1186) }),
      (.versionBounds, "a step of 4", { $0.put32(Image.definitions + 16, 4) }),
      (.versionBounds, "a step back", { $0.put32(Image.definitions + 44, 0xffff_ffe4) }),
      (.versionBounds, "a name's offset", { $0.put32(Image.definitions + 12, 0x7fff_fffc) }),
      (.versionBounds, "a second name", { $0.put32(Image.definitions + 24, 8) }),
      (.versionCount, "ends early", { $0.put32(Image.definitions + 16, 0) }),
      (.versionCount, "VERDEFNUM", { $0.putValue(9, 4) }),
      (.versionNode, "revision", { $0.put16(Image.definitions, 2) }),
      (.versionNode, "no base", { $0.put16(Image.definitions + 2, 0) }),
      (.versionNode, "two bases", { $0.put16(Image.definitions + 30, 1) }),
      (.versionNode, "index twice", { $0.put16(Image.definitions + 32, 1) }),
      (.versionNode, "two names", { $0.put16(Image.definitions + 6, 2) }),
      (
        .versionNode, "other name",
        { $0.copy(Image.definitions + 20, to: Image.definitions + 48, 4) }
      ),
      (.versionHash, "of Linux", { $0.bytes[Image.definitions + 36] ^= 1 }),
      (.versionHash, "base", { $0.bytes[Image.definitions + 8] ^= 1 }),
      (.exportVersion, "other node", { $0.put16(Image.versions + 2, 3) }),
      (.exportVersion, "hidden", { $0.put16(Image.versions + 2, 0x8002) }),
      (.exportVersion, "none", { $0.put16(Image.versions + 2, 1) }),
    ]
  }

}
