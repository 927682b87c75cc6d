// SPDX-License-Identifier: Apache-2.0
/// A small kit that breaks no rule, built byte by byte: two functions, and as many pages of each
/// role as a test asks for. Its numbers are written down again, so that they check the kernel's.
///
/// `NAME_answer` returns 42, `NAME_base` the address of the group.
public struct KitFile: Sendable {
  /// The file.
  public var bytes: [UInt8] = []

  private let name: String
  private let version: Int
  private let strings: [String]
  private let privateData: [UInt32]
  private let privateSize: Int
  private let relocated: [Int]

  /// The offset of the program header of the text.
  public static let load = 52
  /// That of the private data.
  public static let data = 84
  /// That of the dynamic table.
  public static let dynamic = 116
  /// That of the notes.
  public static let note = 148
  /// That of the stack.
  public static let stack = 180
  /// The offset of the notes.
  public static let notes = 0x100
  /// The offset of the content of the kit's note.
  public static let kitNote = notes + 36 + 20
  /// The offset of the dynamic table.
  public static let dynamicTable = 0x180
  /// The offset of DT_HASH.
  public static let hash = 0x200
  /// The offset of DT_GNU_HASH.
  public static let gnuHash = 0x240
  /// The offset of the symbols.
  public static let symbols = 0x280
  /// The offset of the symbols' versions.
  public static let versions = 0x320
  /// The offset of the version definitions.
  public static let definitions = 0x340
  /// The offset of the strings.
  public static let text = 0x380
  /// The offset of the relocations.
  public static let relocations = 0x400
  /// The offset of the code.
  public static let code = 0x480
  /// `mov r0, #42; bx lr`, and `sub r0, pc, #0x490; bx lr`.
  public static let words: [UInt32] = [0xe3a0_002a, 0xe12f_ff1e, 0xe24f_0e49, 0xe12f_ff1e]
  /// The size of the text in bytes.
  public static let textSize = code + 16

  /// Builds the kit. `privateData` are the words of a writable segment of `privateSize` bytes, of
  /// which those with the indices `relocated` are addresses in the group.
  public init(
    _ name: String = "hello", version: Int = 1, layoutHash: UInt64 = 0x1122_3344_5566_7788,
    mode: UInt32 = 0o444, kernelPages: UInt32 = 0, ownPages: UInt32 = 0, sharedPages: UInt32 = 0,
    memberPages: UInt32 = 0, privateData: [UInt32] = [], privateSize: Int? = nil,
    relocated: [Int] = []
  ) {
    self.name = name
    self.version = version
    self.privateData = privateData
    self.privateSize = privateSize ?? privateData.count * 4
    self.relocated = relocated
    strings = [
      "\(name)_answer", "\(name)_base", "\(name).kit", "\(name.uppercased())_\(version)",
    ]
    bytes = [UInt8](repeating: 0, count: privateData.isEmpty ? 0x800 : 0x1000)
    putHeader()
    putNotes(layoutHash, mode, [kernelPages, ownPages, sharedPages])
    put32(Self.kitNote + 68, memberPages)
    putDynamicTable()
    putSymbols()
    putDefinitions()
    for (index, word) in Self.words.enumerated() { put32(Self.code + index * 4, word) }
    for (index, word) in relocated.enumerated() {
      put32(Self.relocations + index * 8, UInt32(0x1000 + word * 4))
      put32(Self.relocations + index * 8 + 4, 23)
    }
    for word in privateData { bytes += withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    put32(32, UInt32(bytes.count))
    bytes += [UInt8](repeating: 0, count: 40)
  }

  /// Puts a half word.
  public mutating func put16(_ offset: Int, _ value: UInt16) {
    bytes[offset] = UInt8(truncatingIfNeeded: value)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
  }

  /// Puts a word.
  public mutating func put32(_ offset: Int, _ value: UInt32) {
    put16(offset, UInt16(truncatingIfNeeded: value))
    put16(offset + 2, UInt16(truncatingIfNeeded: value >> 16))
  }

  private mutating func putHeader() {
    put32(0, 0x464c_457f)
    for index in 4..<7 { bytes[index] = 1 }
    put16(16, 3)
    put16(18, 40)
    put32(20, 1)
    put32(28, 52)
    put32(36, 0x0500_0000)
    for (index, size) in [52, 32, 5, 40, 1].enumerated() { put16(40 + index * 2, UInt16(size)) }
    putSegment(Self.load, type: 1, offset: 0, size: Self.textSize, flags: 5, alignment: 4096)
    if privateSize > 0 {
      putSegment(
        Self.data, type: 1, offset: 0x1000, size: privateData.count * 4, flags: 6,
        alignment: 4096)
      put32(Self.data + 20, UInt32(privateSize))
    }
    putSegment(
      Self.dynamic, type: 2, offset: Self.dynamicTable, size: 16 * 8, flags: 4, alignment: 4)
    putSegment(Self.note, type: 4, offset: Self.notes, size: 128, flags: 4, alignment: 4)
    putSegment(Self.stack, type: 0x6474_e551, offset: 0, size: 0, flags: 6, alignment: 0)
  }

  private mutating func putSegment(
    _ place: Int, type: UInt32, offset: Int, size: Int, flags: UInt32, alignment: UInt32
  ) {
    let fields = [
      type, UInt32(offset), UInt32(offset), UInt32(offset), UInt32(size), UInt32(size), flags,
      alignment,
    ]
    for (index, field) in fields.enumerated() { put32(place + index * 4, field) }
  }

  private mutating func putNotes(_ layoutHash: UInt64, _ mode: UInt32, _ pages: [UInt32]) {
    for (index, word) in [4, 20, 3, 0x0055_4e47].enumerated() {
      put32(Self.notes + index * 4, UInt32(word))
    }
    for index in 0..<20 { bytes[Self.notes + 16 + index] = UInt8(index + 0xa0) }
    for (index, word) in [5, 72, 0x4b49_5401, 0x7375_7041].enumerated() {
      put32(Self.notes + 36 + index * 4, UInt32(word))
    }
    let words: [UInt32] =
      [1, UInt32(version), UInt32(truncatingIfNeeded: layoutHash), UInt32(layoutHash >> 32), mode]
      + pages + [UInt32(privateSize), 2, 0]
    for (index, word) in words.enumerated() { put32(Self.kitNote + index * 4, word) }
    for (index, byte) in name.utf8.prefix(16).enumerated() {
      bytes[Self.kitNote + 44 + index] = byte
    }
    put32(Self.kitNote + 60, UInt32(Self.code))
    put32(Self.kitNote + 64, UInt32(Self.words.count * 4))
  }

  private func offset(of string: Int) -> Int {
    1 + strings.prefix(string).reduce(0) { $0 + $1.utf8.count + 1 }
  }

  private mutating func putDynamicTable() {
    var entries: [(UInt32, Int)] = [
      (4, Self.hash), (0x6fff_fef5, Self.gnuHash), (5, Self.text), (6, Self.symbols),
      (0x6fff_fff0, Self.versions), (0x6fff_fffc, Self.definitions),
      (10, offset(of: strings.count)), (11, 16), (14, offset(of: 2)), (0x6fff_fffd, 2), (30, 2),
    ]
    if !relocated.isEmpty {
      entries += [
        (17, Self.relocations), (18, relocated.count * 8), (19, 8),
        (0x6fff_fffa, relocated.count),
      ]
    }
    for (index, entry) in entries.enumerated() {
      put32(Self.dynamicTable + index * 8, entry.0)
      put32(Self.dynamicTable + index * 8 + 4, UInt32(entry.1))
    }
    for (index, string) in strings.enumerated() {
      for (place, byte) in string.utf8.enumerated() {
        bytes[Self.text + offset(of: index) + place] = byte
      }
    }
  }

  private mutating func putSymbols() {
    for (index, word) in [1, 3, 1, 0, 2, 0].enumerated() {
      put32(Self.hash + index * 4, UInt32(word))
    }
    for (index, word) in [1, 1, 1, 5, 0, 1].enumerated() {
      put32(Self.gnuHash + index * 4, UInt32(word))
    }
    for index in 1...2 {
      let symbol = Self.symbols + index * 16
      put32(symbol, UInt32(offset(of: index - 1)))
      put32(symbol + 4, UInt32(Self.code + (index - 1) * 8))
      put32(symbol + 8, 8)
      bytes[symbol + 12] = 0x12
      put16(symbol + 14, 7)
      put16(Self.versions + index * 2, 2)
      let hash = strings[index - 1].utf8.reduce(UInt32(5381)) { $0 &* 33 &+ UInt32($1) }
      for bit in [hash % 32, (hash >> 5) % 32] {
        bytes[Self.gnuHash + 16 + Int(bit / 8)] |= 1 << UInt8(bit % 8)
      }
      put32(Self.gnuHash + 24 + (index - 1) * 4, index == 2 ? hash | 1 : hash & ~1)
    }
  }

  private mutating func putDefinitions() {
    for index in 0..<2 {
      let place = Self.definitions + index * 28
      put16(place, 1)
      put16(place + 2, index == 0 ? 1 : 0)
      put16(place + 4, UInt16(index + 1))
      put16(place + 6, 1)
      put32(place + 8, Self.hash(of: strings[index + 2]))
      put32(place + 12, 20)
      put32(place + 16, index == 0 ? 28 : 0)
      put32(place + 20, UInt32(offset(of: index + 2)))
    }
  }

  private static func hash(of text: String) -> UInt32 {
    text.utf8.reduce(UInt32(0)) { hash, byte in
      let sum = hash << 4 &+ UInt32(byte)
      return (sum ^ (sum & 0xf000_0000) >> 24) & 0x0fff_ffff
    }
  }
}
