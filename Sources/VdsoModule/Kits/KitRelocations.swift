// SPDX-License-Identifier: Apache-2.0
/// The relocations of a kit (TIS ELF 1.2, 1-22): each adds the group's address to a word of the
/// private data. An entry is the word's address, and the type in the low byte of a second word.
enum KitRelocations {
  private static var size: UInt32 { 8 }

  /// Checks that all relocations are of `type`, in ascending order, and for whole words of the
  /// part of `data` that is in the file.
  ///
  /// - Returns: the range of the table, which is in the text.
  /// - Throws: `kitRelocation`.
  static func check(
    _ text: borrowing ImageBytes, _ dynamic: DynamicTable, _ data: KitPrivateData, type: UInt32
  ) throws(KitImage.Violation) -> ImageRange {
    guard dynamic.has(.relocations) || dynamic.has(.relocationsSize) else {
      guard !dynamic.has(.relocationSize), !dynamic.has(.relocationCount) else {
        throw .kitRelocation
      }
      return ImageRange(start: 0, size: 0)
    }
    let table = ImageRange(
      start: dynamic.value(.relocations), size: dynamic.value(.relocationsSize))
    let count = table.size / size
    guard dynamic.value(.relocationSize) == size, table.size % size == 0,
      text.hasTable(table.start, count, of: size, alignedTo: 4),
      !dynamic.has(.relocationCount) || dynamic.value(.relocationCount) == count
    else { throw .kitRelocation }
    var end = data.offset
    for entry in stride(from: table.start, to: table.end, by: Int(size)) {
      let place = text.word(entry)
      // The difference cannot underflow, because `place` is at least `end`.
      guard text.word(entry + 4) == type, place % 4 == 0, place >= end,
        data.fileSize >= 4, place - data.offset <= data.fileSize - 4
      else { throw .kitRelocation }
      end = place + 4
    }
    return table
  }
}
