// SPDX-License-Identifier: Apache-2.0
/// The dynamic symbols of an image (TIS ELF 1.2, 1-15), all of them functions; the time image's are
/// compared with the manifest of exports.
struct SymbolTable<Rules: CodeRules> {
  /// STB_GLOBAL and STT_FUNC.
  private static var globalFunction: UInt8 { 0x12 }

  private let dynamic: DynamicTable
  private let hashes: HashTables<Rules.Class>
  private let text: ImageRange
  private let textNumber: UInt16?

  /// The number of functions.
  var count: UInt32 { hashes.symbolCount - 1 }

  /// The symbol table that `dynamic` and `hashes` describe, with code in `text`, the section
  /// `number`, or any section for nil; not checked yet.
  init(
    _ dynamic: DynamicTable, _ hashes: HashTables<Rules.Class>, text: ImageRange,
    number: UInt16?
  ) {
    self.dynamic = dynamic
    self.hashes = hashes
    self.text = text
    textNumber = number
  }

  /// Checks every symbol in the loaded part of the image, and that the manifest's exports are
  /// there, and no others.
  ///
  /// - Throws: the first violated rule.
  func check(_ file: borrowing ImageBytes) throws(VdsoImage.Violation) {
    var found: UInt32 = 0
    try checkFunctions(file) { (file, index, name) throws(VdsoImage.Violation) in
      guard let number = Self.number(file, of: name) else { throw .exportUnknown }
      guard found & 1 << number == 0 else { throw .exportTwice }
      found |= 1 << number
      return Rules.Manifest.export(number).node
    }
    try checkComplete(found)
  }

  /// What a function is called with: its index, and the offset of its name.
  typealias Policy = (
    _ file: borrowing ImageBytes, _ index: UInt32, _ name: UInt32
  ) throws(VdsoImage.Violation) -> UInt16

  /// Checks every symbol in the loaded part of the image: `version` returns the index of the version
  /// that it must have.
  ///
  /// - Throws: the first violated rule, or what `version` throws.
  func checkFunctions(
    _ file: borrowing ImageBytes, version: Policy
  ) throws(VdsoImage.Violation) {
    let symbols = dynamic.value(.symbols)
    guard
      file.hasTable(
        symbols, hashes.symbolCount, of: Rules.Class.symbolSize, alignedTo: Rules.Class.wordSize),
      file.hasTable(dynamic.value(.versions), hashes.symbolCount, of: 2, alignedTo: 2)
    else { throw .symbolBounds }
    for offset in stride(from: 0, to: Rules.Class.symbolSize, by: 4)
    where file.word(symbols + offset) != 0 { throw .symbolZero }
    for index in 1..<hashes.symbolCount {
      try check(file, at: symbols + index * Rules.Class.symbolSize, index, version)
    }
  }

  /// The offset of the name of symbol `index`, which `checkFunctions` has checked.
  func name(_ file: borrowing ImageBytes, of index: UInt32) -> UInt32 {
    let symbol = Rules.Class.symbol(
      file, at: dynamic.value(.symbols) + index * Rules.Class.symbolSize)
    return dynamic.string(symbol.name) ?? 0
  }

  /// Checks one symbol.
  private func check(
    _ file: borrowing ImageBytes, at entry: UInt32, _ index: UInt32, _ version: Policy
  ) throws(VdsoImage.Violation) {
    let symbol = Rules.Class.symbol(file, at: entry)
    guard let name = dynamic.string(symbol.name) else { throw .nameBounds }
    guard symbol.section != 0 else { throw .symbolUndefined }
    // Programs skip hidden symbols, so only default and protected visibility are valid.
    guard symbol.info == Self.globalFunction, symbol.visibility == 0 || symbol.visibility == 3
    else {
      throw .symbolType
    }
    guard textNumber == nil || symbol.section == textNumber,
      symbol.value % Rules.codeAlignment == 0,
      symbol.value >= text.start, symbol.size > 0, symbol.size <= text.size,
      symbol.value - text.start <= text.size - symbol.size
    else { throw .symbolAddress }
    let expected = try version(file, index, name)
    guard hashes.find(file, index, named: name) else { throw .notInHash }
    guard hashes.findByGnu(file, index, named: name) else { throw .notInGnuHash }
    guard file.half(dynamic.value(.versions) + index * 2) == expected else {
      throw .exportVersion
    }
  }

  private static func number(_ file: borrowing ImageBytes, of name: UInt32) -> UInt32? {
    for number in 0..<Rules.Manifest.exportCount
    where file.isString(name, Rules.Manifest.export(number).name) { return number }
    return nil
  }

  /// Checks that all exports are there. Half of a pair has an error of its own: with it, a libc
  /// would use another clock than the program expects.
  private func checkComplete(_ found: UInt32) throws(VdsoImage.Violation) {
    for number in stride(from: 0, to: Rules.Manifest.pairedCount, by: 2) {
      let pair = found >> number & 3
      guard pair == 0 || pair == 3 else { throw .exportHalf }
    }
    guard found == 1 << Rules.Manifest.exportCount - 1 else { throw .exportMissing }
  }
}
