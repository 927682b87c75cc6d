// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Decodes the values of properties (Devicetree Specification 0.4, 2.2.4).
extension FlattenedTree {
  /// The sizes, in words, of a bus's addresses and sizes (#address-cells and #size-cells).
  struct Cells {
    var address: UInt32 = 2
    var size: UInt32 = 1
  }

  /// True if `text` begins with the bytes of `literal`.
  func hasPrefix(_ text: BlobRange, _ literal: StaticString) -> Bool {
    Int(text.byteCount) >= literal.utf8CodeUnitCount && hasText(text.offset, literal)
  }

  /// True if `text` equals `literal`, with or without a terminating zero.
  func isText(_ text: BlobRange?, _ literal: StaticString) -> Bool {
    guard let text else { return false }
    return isEqual(untilZero(text), literal)
  }

  private func isEqual(_ text: BlobRange, _ literal: StaticString) -> Bool {
    Int(text.byteCount) == literal.utf8CodeUnitCount && hasText(text.offset, literal)
  }

  /// True if one of the zero-terminated strings of a list equals `literal`.
  func isListed(_ literal: StaticString, in list: BlobRange?) -> Bool {
    guard let list else { return false }
    let end = list.offset + list.byteCount
    var start = list.offset
    while start < end {
      let item = untilZero(BlobRange(offset: start, byteCount: end - start))
      if isEqual(item, literal) { return true }
      start = item.offset + item.byteCount + 1
    }
    return false
  }

  /// A string without its terminating zero.
  func untilZero(_ text: BlobRange) -> BlobRange {
    var count = UInt32(0)
    while count < text.byteCount, byte(text.offset + count) != 0 { count += 1 }
    return BlobRange(offset: text.offset, byteCount: count)
  }

  /// A number of one word; nil if the property is missing. Throws `badValue` for another size.
  func number(_ value: BlobRange?) throws(DeviceTreeError) -> UInt32? {
    guard let value else { return nil }
    guard value.byteCount == 4 else { throw .badValue(value.offset) }
    return word(value.offset)
  }

  /// A number of one or two words; nil if the property is missing. Throws `badValue` for another
  /// size.
  func wideNumber(_ value: BlobRange?) throws(DeviceTreeError) -> UInt64? {
    guard let value else { return nil }
    guard value.byteCount == 4 || value.byteCount == 8 else { throw .badValue(value.offset) }
    return cells(value.offset, value.byteCount / 4)
  }

  /// The number of entries of a `reg` property.
  func entryCount(_ registers: BlobRange, _ cells: Cells) throws(DeviceTreeError) -> UInt32 {
    guard cells.address >= 1, cells.address <= 2, cells.size <= 2,
      registers.byteCount % ((cells.address + cells.size) * 4) == 0
    else { throw .badValue(registers.offset) }
    return registers.byteCount / ((cells.address + cells.size) * 4)
  }

  /// Entry `index` of a `reg` property; nil if the property is missing or has fewer entries.
  func entry(
    _ index: UInt32, of registers: BlobRange?, _ cells: Cells
  ) throws(DeviceTreeError) -> (base: UInt64, byteCount: UInt64)? {
    guard let registers, index < (try entryCount(registers, cells)) else { return nil }
    let offset = registers.offset + index * (cells.address + cells.size) * 4
    return (
      self.cells(offset, cells.address), self.cells(offset + cells.address * 4, cells.size)
    )
  }

  /// Entry `index` of a device's `reg` property; nil if it is missing, empty, or not completely
  /// inside the first 4 GiB.
  func device(
    _ index: UInt32, of registers: BlobRange?, _ cells: Cells
  ) throws(DeviceTreeError) -> PhysicalRange? {
    guard let entry = try entry(index, of: registers, cells),
      entry.base < 1 << 32, entry.byteCount > 0, entry.byteCount < 1 << 32,
      entry.base + entry.byteCount <= 1 << 32
    else { return nil }
    return PhysicalRange(base: Word(entry.base), byteCount: Word(entry.byteCount))
  }

  /// The specifier of interrupt `index` of a property, whose specifiers have `wordCount` words; nil
  /// if there is none.
  func specifier(
    _ index: UInt32, of value: BlobRange?, wordCount: UInt32
  ) throws(DeviceTreeError) -> BlobRange? {
    guard let value else { return nil }
    let byteCount = wordCount * 4
    guard value.byteCount % byteCount == 0 else { throw .badValue(value.offset) }
    guard index < value.byteCount / byteCount else { return nil }
    return BlobRange(offset: value.offset + index * byteCount, byteCount: byteCount)
  }

  /// A big-endian number of 0, 1 or 2 words.
  private func cells(_ offset: UInt32, _ count: UInt32) -> UInt64 {
    switch count {
    case 0: 0
    case 1: UInt64(word(offset))
    default: UInt64(word(offset)) << 32 | UInt64(word(offset + 4))
    }
  }
}
