// SPDX-License-Identifier: Apache-2.0
/// The dynamic symbols of an image (TIS ELF 1.2, 1-15), compared with the manifest of exports.
///
///     0 name   4 value   8 size   12 type and binding   13 visibility   14 section
struct SymbolTable {
  /// Bytes of one symbol.
  static var entrySize: UInt32 { 16 }
  /// STB_GLOBAL and STT_FUNC.
  private static var globalFunction: UInt8 { 0x12 }

  private let dynamic: DynamicTable
  private let hashes: HashTables
  private let text: (start: UInt32, size: UInt32, number: UInt16)

  /// The symbol table that `dynamic` and `hashes` describe, with code in `text`; not checked yet.
  init(
    _ dynamic: DynamicTable, _ hashes: HashTables,
    text: (start: UInt32, size: UInt32, number: UInt16)
  ) {
    self.dynamic = dynamic
    self.hashes = hashes
    self.text = text
  }

  /// Checks every symbol in the loaded part of the image, and that the manifest's exports are
  /// there, and no others.
  ///
  /// - Throws: the first violated rule.
  func check(_ file: borrowing ImageBytes) throws(VdsoImage.Violation) {
    let symbols = dynamic.value(.symbols)
    guard file.hasTable(symbols, hashes.symbolCount, of: Self.entrySize, alignedTo: 4),
      file.hasTable(dynamic.value(.versions), hashes.symbolCount, of: 2, alignedTo: 2)
    else { throw .symbolBounds }
    guard
      file.word(symbols) | file.word(symbols + 4) | file.word(symbols + 8)
        | file.word(symbols + 12) == 0
    else { throw .symbolZero }
    var found: UInt32 = 0
    for index in 1..<hashes.symbolCount {
      let number = try check(file, at: symbols + index * Self.entrySize, index)
      guard found & 1 << number == 0 else { throw .exportTwice }
      found |= 1 << number
    }
    try checkComplete(found)
  }

  /// Checks one symbol; returns its number in the manifest.
  private func check(
    _ file: borrowing ImageBytes, at entry: UInt32, _ index: UInt32
  ) throws(VdsoImage.Violation) -> UInt32 {
    guard let name = dynamic.string(file.word(entry)) else { throw .nameBounds }
    guard file.half(entry + 14) != 0 else { throw .symbolUndefined }
    // Programs skip hidden symbols, so only default and protected visibility are valid.
    let visibility = file.byte(entry + 13)
    guard file.byte(entry + 12) == Self.globalFunction, visibility == 0 || visibility == 3 else {
      throw .symbolType
    }
    let value = file.word(entry + 4)
    let size = file.word(entry + 8)
    guard file.half(entry + 14) == text.number, value % 4 == 0, value >= text.start,
      size > 0, size <= text.size, value - text.start <= text.size - size
    else { throw .symbolAddress }
    guard let number = Self.number(file, of: name) else { throw .exportUnknown }
    guard hashes.find(file, index, named: name) else { throw .notInHash }
    guard hashes.findByGnu(file, index, named: name) else { throw .notInGnuHash }
    let version = file.half(dynamic.value(.versions) + index * 2)
    guard version == VdsoManifest.export(number).node.rawValue else { throw .exportVersion }
    return number
  }

  private static func number(_ file: borrowing ImageBytes, of name: UInt32) -> UInt32? {
    for number in 0..<VdsoManifest.exportCount
    where file.isString(name, VdsoManifest.export(number).name) { return number }
    return nil
  }

  /// Checks that all exports are there. Half of a pair has an error of its own: with it, a libc
  /// would use another clock than the program expects.
  private func checkComplete(_ found: UInt32) throws(VdsoImage.Violation) {
    for number in stride(from: 0, to: VdsoManifest.pairedCount, by: 2) {
      let pair = found >> number & 3
      guard pair == 0 || pair == 3 else { throw .exportHalf }
    }
    guard found == 1 << VdsoManifest.exportCount - 1 else { throw .exportMissing }
  }
}
