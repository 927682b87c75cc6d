// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The bytes of a 32-bit little-endian ELF file, to be damaged.
///
/// Written from the ELF specification (TIS 1.2, book I), not from the kernel's reader.
struct ElfFile {
  /// The file.
  var bytes: Data

  /// Fields of the ELF header, by their offset.
  enum Field: Int {
    case type = 16, machine = 18
    case entry = 24, headers = 28, sections = 32, flags = 36, size = 40, headerSize = 42
    case headerCount = 44, sectionSize = 46
  }

  /// Fields of a program header, by their offset.
  enum HeaderField: Int {
    case type = 0, offset = 4, address = 8, fileCount = 16, memoryCount = 20, flags = 24
    case alignment = 28
  }

  /// Where the program headers with this type begin; 1 is PT_LOAD.
  func headers(ofType type: UInt32) -> [Int] {
    let table = Int(word(Field.headers.rawValue))
    return (0..<Int(word(Field.headerCount.rawValue) & 0xffff)).map { table + 32 * $0 }
      .filter { word($0) == type }
  }

  /// The word at an offset.
  func word(_ offset: Int) -> UInt32 {
    bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// A field of the program header that begins at `header`.
  func get(_ field: HeaderField, of header: Int) -> UInt32 { word(header + field.rawValue) }

  /// Sets one, two or four bytes at an offset.
  mutating func set<Value: FixedWidthInteger>(_ offset: Int, _ value: Value) {
    for index in 0..<Value.bitWidth / 8 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (index * 8))
    }
  }

  /// Sets a field of the ELF header.
  mutating func set<Value: FixedWidthInteger>(_ field: Field, _ value: Value) {
    set(field.rawValue, value)
  }

  /// Sets a field of the program header that begins at `header`.
  mutating func set(_ field: HeaderField, of header: Int, _ value: UInt32) {
    set(header + field.rawValue, value)
  }
}
