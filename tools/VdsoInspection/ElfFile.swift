// SPDX-License-Identifier: Apache-2.0
// A reader of 32-bit little-endian ELF files for the host. It shares no code with the kernel's own
// check, so that each can reveal errors of the other.

import Foundation

/// An error in a file: it is not an ELF file of this kind, or refers to an offset outside of
/// itself.
public struct ElfError: Error, CustomStringConvertible {
  /// The error, with the offset if there is one.
  public let description: String
}

/// The parts of an ELF file that the rules check. The headers are read when the file is opened.
public struct ElfFile {
  /// A section header with its name.
  public struct Section {
    /// Its name.
    public let name: String
    /// `sh_type`.
    public let type: UInt32
    /// `sh_flags`.
    public let flags: UInt32
    /// `sh_addr`.
    public let address: UInt32
    /// `sh_offset`.
    public let offset: UInt32
    /// `sh_size`.
    public let size: UInt32
    /// `sh_link`.
    public let link: UInt32
    /// `sh_info`.
    public let info: UInt32
  }

  /// A program header.
  public struct Segment {
    /// `p_type`.
    public let type: UInt32
    /// `p_offset`.
    public let offset: UInt32
    /// `p_vaddr`.
    public let address: UInt32
    /// `p_filesz`.
    public let fileSize: UInt32
    /// `p_memsz`.
    public let memorySize: UInt32
    /// `p_flags`: 1 execute, 2 write, 4 read.
    public let flags: UInt32
    /// `p_align`.
    public let alignment: UInt32
  }

  /// A symbol with its name.
  public struct Symbol {
    /// Its name.
    public let name: String
    /// `st_value`.
    public let value: UInt32
    /// `st_size`.
    public let size: UInt32
    /// `st_info`: binding in the high four bits, type in the low ones.
    public let info: UInt8
    /// `st_other`: the visibility; 0 default, 2 hidden, 3 protected.
    public let other: UInt8
    /// `st_shndx`; 0 is undefined.
    public let section: UInt16
    /// The index in the table.
    public let index: Int
  }

  /// All bytes of the file.
  public let bytes: [UInt8]
  /// The section headers.
  public private(set) var sections: [Section] = []
  /// The program headers.
  public private(set) var segments: [Segment] = []

  /// Reads the file at `path`.
  public init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ElfError(description: "\(path): cannot be read")
    }
    try self.init(bytes: [UInt8](data))
  }

  /// Reads a file that is in memory.
  public init(bytes: [UInt8]) throws {
    self.bytes = bytes
    guard try word(0) == 0x464c_457f else { throw ElfError(description: "not an ELF file") }
    guard bytes.count >= 52, bytes[4] == 1, bytes[5] == 1 else {
      throw ElfError(description: "not 32 bits, little endian")
    }
    segments = try (0..<Int(half(44))).map { try segment(at: Int(try word(28)) + $0 * 32) }
    let raw = try (0..<Int(half(48))).map { Int(try word(32)) + $0 * 40 }
    guard !raw.isEmpty else { return }
    let names = raw[min(Int(try half(50)), raw.count - 1)]
    let nameBase = Int(try word(names + 16))  // Names are optional: no libc reads them.
    sections = try raw.map { try section(at: $0, nameBase) }
  }

  /// The byte at `offset`.
  public func byte(_ offset: Int) throws -> UInt8 {
    guard bytes.indices.contains(offset) else {
      throw ElfError(description: "offset \(offset) is outside of the file")
    }
    return bytes[offset]
  }

  /// The 16-bit number at `offset`.
  public func half(_ offset: Int) throws -> UInt16 {
    UInt16(try byte(offset)) | UInt16(try byte(offset + 1)) << 8
  }

  /// The 32-bit number at `offset`.
  public func word(_ offset: Int) throws -> UInt32 {
    UInt32(try half(offset)) | UInt32(try half(offset + 2)) << 16
  }

  /// The terminated string at `offset`.
  public func string(_ offset: Int) throws -> String {
    var end = offset
    while try byte(end) != 0 { end += 1 }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }

  /// The section called `name`, if there is one.
  public func section(_ name: String) -> Section? { sections.first { $0.name == name } }

  /// The symbols in the section called `name`; none if there is no such section.
  public func symbols(in name: String) throws -> [Symbol] {
    guard let table = section(name), Int(table.link) < sections.count else { return [] }
    let names = Int(sections[Int(table.link)].offset)
    return try (0..<Int(table.size) / 16).map { index in
      let place = Int(table.offset) + index * 16
      return Symbol(
        name: try string(names + Int(try word(place))), value: try word(place + 4),
        size: try word(place + 8), info: try byte(place + 12), other: try byte(place + 13),
        section: try half(place + 14),
        index: index)
    }
  }

  /// The entries of the dynamic segment up to and including DT_NULL.
  public func dynamicEntries() throws -> [(tag: UInt32, value: UInt32)] {
    guard let dynamic = segments.first(where: { $0.type == 2 }) else { return [] }
    var entries: [(tag: UInt32, value: UInt32)] = []
    let start = Int(dynamic.offset)
    for place in stride(from: start, to: start + Int(dynamic.fileSize), by: 8) {
      entries.append((try word(place), try word(place + 4)))
      if entries.last?.tag == 0 { break }
    }
    return entries
  }

  /// The value of the first entry `tag` in the dynamic segment, by which libcs find the tables.
  public func dynamicValue(_ tag: UInt32) throws -> Int {
    guard let entry = try dynamicEntries().first(where: { $0.tag == tag }) else {
      throw ElfError(description: "no dynamic entry \(tag)")
    }
    return Int(entry.value)
  }

  /// The dynamic symbols, including the empty symbol 0; DT_HASH gives their number.
  public func dynamicSymbols() throws -> [Symbol] {
    let names = try dynamicValue(5)
    let table = try dynamicValue(6)
    return try (0..<Int(try word(try dynamicValue(4) + 4))).map { index in
      let place = table + index * 16
      return Symbol(
        name: try string(names + Int(try word(place))), value: try word(place + 4),
        size: try word(place + 8), info: try byte(place + 12), other: try byte(place + 13),
        section: try half(place + 14),
        index: index)
    }
  }

  private func segment(at place: Int) throws -> Segment {
    Segment(
      type: try word(place), offset: try word(place + 4), address: try word(place + 8),
      fileSize: try word(place + 16), memorySize: try word(place + 20),
      flags: try word(place + 24), alignment: try word(place + 28))
  }

  private func section(at place: Int, _ nameBase: Int) throws -> Section {
    Section(
      name: (try? string(nameBase + Int(try word(place)))) ?? "", type: try word(place + 4),
      flags: try word(place + 8), address: try word(place + 12), offset: try word(place + 16),
      size: try word(place + 20), link: try word(place + 24), info: try word(place + 28))
  }
}
