// SPDX-License-Identifier: Apache-2.0
/// The dynamic table of an image (TIS ELF 1.2, 2-10): pairs of a tag and a value. Every libc finds
/// the other tables through it, and does not validate them.
struct DynamicTable {
  /// Entries that must occur exactly once, the first six of which are addresses of tables; then
  /// those of an image that is relocated, which may occur once.
  enum Entry: Int {
    case hash
    case gnuHash
    case strings
    case symbols
    case versions
    case definitions
    case stringsSize
    case symbolSize
    case name
    case definitionCount
    case relocations
    case relocationsSize
    case relocationSize
    case relocationCount

    fileprivate init?(tag: UInt32) {
      switch tag {
      case 4: self = .hash
      case 0x6fff_fef5: self = .gnuHash
      case 5: self = .strings
      case 6: self = .symbols
      case 0x6fff_fff0: self = .versions
      case 0x6fff_fffc: self = .definitions
      case 10: self = .stringsSize
      case 11: self = .symbolSize
      case 14: self = .name
      case 0x6fff_fffd: self = .definitionCount
      case 17: self = .relocations
      case 18: self = .relocationsSize
      case 19: self = .relocationSize
      case 0x6fff_fffa: self = .relocationCount
      default: return nil
      }
    }
  }

  private static var required: UInt32 { 1 << 10 - 1 }
  /// DT_FLAGS; its only permitted value is DF_SYMBOLIC (search this image first), which needs no
  /// action by the loader.
  private static var flags: UInt32 { 30 }
  private static var symbolic: UInt32 { 2 }

  private var values = InlineArray<14, UInt32>(repeating: 0)
  private var seen: UInt32 = 0
  private let mayRelocate: Bool

  /// The value of `entry`.
  func value(_ entry: Entry) -> UInt32 { values[entry.rawValue] }

  /// Whether the table has `entry`.
  func has(_ entry: Entry) -> Bool { seen & 1 << UInt32(entry.rawValue) != 0 }

  /// Checks the table in `segment`, which is inside the loaded part of the image, `file`. It may
  /// name relocations only if `mayRelocate`.
  ///
  /// - Throws: the first violated rule.
  init<Class: ElfClass>(
    checking file: borrowing ImageBytes, _ segment: ImageRange, of elfClass: Class.Type,
    mayRelocate: Bool = false
  ) throws(VdsoImage.Violation) {
    self.mayRelocate = mayRelocate
    var tagOffset = segment.start
    while true {
      guard segment.end - tagOffset >= 2 * Class.wordSize else { throw .dynamicEnd }
      let tag = Class.word(file, tagOffset)
      if tag == 0 { break }
      try add(tag, Class.word(file, tagOffset + Class.wordSize))
      tagOffset += 2 * Class.wordSize
    }
    guard seen & Self.required == Self.required else { throw .dynamicEntry }
    try checkStrings(file, symbolSize: Class.symbolSize)
  }

  private mutating func add(_ tag: UInt32, _ value: UInt32) throws(VdsoImage.Violation) {
    guard let entry = Entry(tag: tag) else {
      // Any other tag requests relocation, another library or code to run, or is unknown.
      guard tag == Self.flags, value == Self.symbolic else { throw .dynamicForbidden }
      return
    }
    guard mayRelocate || entry.rawValue < Entry.relocations.rawValue else {
      throw .dynamicForbidden
    }
    let bit: UInt32 = 1 << UInt32(entry.rawValue)
    guard seen & bit == 0 else { throw .dynamicEntry }
    seen |= bit
    values[entry.rawValue] = value
  }

  /// Checks the tables that do not contain their own size: the string table, whose strings are all
  /// terminated because the last one is, and the offset of the image's name in it.
  private func checkStrings(
    _ file: borrowing ImageBytes, symbolSize: UInt32
  ) throws(VdsoImage.Violation) {
    let start = value(.strings)
    let size = value(.stringsSize)
    guard file.contains(start, size), size > 0, file.byte(start + size - 1) == 0 else {
      throw .strings
    }
    guard value(.name) < size else { throw .nameBounds }
    guard value(.symbolSize) == symbolSize else { throw .symbolSize }
  }

  /// The image offset of the string at `offset` in the string table; nil if that is outside of it.
  func string(_ offset: UInt32) -> UInt32? {
    offset < value(.stringsSize) ? value(.strings) + offset : nil
  }
}
