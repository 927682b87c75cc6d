// SPDX-License-Identifier: Apache-2.0
// The last step of the image's build: changes to the linked file that no linker option makes.

/// The linked image with those section headers that are read by libcs or debuggers, and no others.
/// The linker emits one for each table of the dynamic segment; those would fill a fifth of the page
/// that the image must fit in.
public enum FinishedImage {
  /// The sections that keep a header: their names in the linker script and in the image, their
  /// types.
  private static let kept: [(linked: String, name: String, type: UInt32)] = [
    (".dynsym", ".dynsym", 11),  // bionic gets the symbol count from it.
    (".dynstr", ".dynstr", 3),
    (".note", ".note.gnu.build-id", 7),
    (".dynamic", ".dynamic", 6),
    (".text", ".text", 1),
    (".apus.exidx", ".ARM.exidx", 0x7000_0001),  // The linker would make its own under this name,
    (".apus.frames", ".eh_frame", 1),  // and under this one.
  ]

  /// The bytes of the finished image, from `file` as the linker made it.
  ///
  /// - Throws: `ElfError` if a section or segment is missing.
  public static func bytes(of file: ElfFile) throws -> [UInt8] {
    guard let load = file.segments.first(where: { $0.type == 1 }) else {
      throw ElfError(description: "no loadable segment")
    }
    var bytes = Array(file.bytes[..<Int(load.fileSize)])
    let sections = try kept.map { entry in
      guard let section = file.section(entry.linked) else {
        throw ElfError(description: "no section \(entry.linked)")
      }
      return section
    }
    func number(_ linked: String) -> UInt32 {
      UInt32(truncatingIfNeeded: (kept.firstIndex { $0.linked == linked } ?? -1) + 1)
    }
    // All symbols are in the code.
    let symbols = sections[0]
    for place in stride(from: 16, to: Int(symbols.size), by: 16) {
      put(half: UInt16(number(".text")), at: Int(symbols.offset) + place + 14, &bytes)
    }
    var names: [UInt8] = [0]
    var headers = [UInt32](repeating: 0, count: 10)
    for (entry, section) in zip(kept, sections) {
      let link = [
        ".dynsym": number(".dynstr"), ".dynamic": number(".dynstr"), ".apus.exidx": number(".text"),
      ]
      headers += [
        UInt32(names.count), entry.type, section.flags, section.address, section.offset,
        section.size, link[entry.linked] ?? 0, section.info, 4, [11: 16, 6: 8][entry.type] ?? 0,
      ]
      names += Array(entry.name.utf8) + [0]
    }
    let start = UInt32(bytes.count)
    headers += [UInt32(names.count), 3, 0, 0, start, UInt32(names.count) + 10, 0, 0, 1, 0]
    bytes += names + Array(".shstrtab".utf8) + [0]
    bytes += [UInt8](repeating: 0, count: -bytes.count & 3)
    put(UInt32(bytes.count), at: 32, &bytes)
    for word in headers { withUnsafeBytes(of: word.littleEndian) { bytes += $0 } }
    put(half: UInt16(headers.count / 10), at: 48, &bytes)
    put(half: UInt16(headers.count / 10 - 1), at: 50, &bytes)
    // The linker makes a segment of this type only for an unwind table that it made itself.
    guard let unwind = file.segments.firstIndex(where: { $0.type == 0 && $0.fileSize > 0 }) else {
      throw ElfError(description: "no segment for the unwind table")
    }
    put(0x7000_0001, at: 52 + unwind * 32, &bytes)
    // EABI 5 without a float ABI, because programs with either float ABI use the image.
    put(0x0500_0000, at: 36, &bytes)
    return bytes
  }

  private static func put(_ word: UInt32, at place: Int, _ bytes: inout [UInt8]) {
    put(half: UInt16(truncatingIfNeeded: word), at: place, &bytes)
    put(half: UInt16(truncatingIfNeeded: word >> 16), at: place + 2, &bytes)
  }

  private static func put(half: UInt16, at place: Int, _ bytes: inout [UInt8]) {
    bytes[place] = UInt8(truncatingIfNeeded: half)
    bytes[place + 1] = UInt8(truncatingIfNeeded: half >> 8)
  }
}
