// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What the options of a tmpfs say (tmpfs(5)): `size`, `nr_inodes` and `mode`.
struct VolumeLimits {
  /// The most pages and inodes; `.max` for no limit.
  var pages: UInt32
  var inodes: UInt32
  /// The permissions that the root directory gets.
  var permissions: UInt32 = 0o1777

  /// Those of a volume without options: `pages`, and as many inodes.
  init(pages: UInt32) {
    self.pages = pages
    inodes = pages
  }

  /// Takes the options in `text`, which commas separate, on a machine with `memory` pages. Empty
  /// ones do not count.
  ///
  /// - Throws: `invalid` for an option that is unknown or has no such value, and for 64 bytes.
  @inline(never)
  mutating func take(_ text: MachineName, memory: UInt32) throws(Errno) {
    guard text.count < text.bytes.count else { throw .invalid }
    var place = 0  // A zero follows the text.
    while text.bytes[place] != 0 {
      let start = place
      while text.bytes[place] >= UInt8(ascii: "A") { place += 1 }
      let name = text.bytes.span.extracting(start..<place)
      if text.bytes[place] == UInt8(ascii: "="), place > start {
        place += 1
        try take(name, text, &place, memory)
      } else {
        guard place == start else { throw .invalid }
      }
      guard text.bytes[place] == UInt8(ascii: ",") || text.bytes[place] == 0 else {
        throw .invalid
      }
      if text.bytes[place] != 0 { place += 1 }
    }
  }

  /// Takes the option `name`, whose value is at `place`.
  private mutating func take(
    _ name: Span<UInt8>, _ text: MachineName, _ place: inout Int, _ memory: UInt32
  ) throws(Errno) {
    let isMode = name.isEqual(to: "mode")
    // As in C, digits that begin with 0 are octal.
    let radix: UInt32 = isMode || text.bytes[place] == UInt8(ascii: "0") ? 8 : 10
    let start = place
    var value: UInt32 = 0
    while text.bytes[place] >= UInt8(ascii: "0"),
      case let digit = UInt32(text.bytes[place] - UInt8(ascii: "0")), digit < radix
    {
      let (product, isHigh) = value.multipliedReportingOverflow(by: radix)
      let (sum, isOver) = product.addingReportingOverflow(digit)
      value = isHigh || isOver ? .max : sum
      place += 1
    }
    guard place > start else { throw .invalid }
    if isMode { return permissions = value & 0o7777 }
    let isSize = name.isEqual(to: "size")
    guard isSize || name.isEqual(to: "nr_inodes") else { throw .invalid }
    var shift = 0
    switch text.bytes[place] | 0x20 {  // Both cases of a letter.
    case UInt8(ascii: "k"): shift = 10
    case UInt8(ascii: "m"): shift = 20
    case UInt8(ascii: "g"): shift = 30
    case UInt8(ascii: "%") where isSize:
      place += 1
      let part = min(value, 100)
      return pages = Self.limit(memory / 100 * part + memory % 100 * part / 100)
    default: break
    }
    if shift > 0 { place += 1 }
    if isSize {
      pages = Self.limit(Self.scaled(value, by: shift - Int(Page.shift)))
    } else {
      inodes = Self.limit(Self.scaled(value, by: shift))
    }
  }

  /// A number times 2^`shift`, rounded up, or the greatest one.
  private static func scaled(_ value: UInt32, by shift: Int) -> UInt32 {
    guard shift < 0 else { return value > .max >> UInt32(shift) ? .max : value << UInt32(shift) }
    let whole = value >> UInt32(-shift)
    return whole << UInt32(-shift) == value ? whole : whole + 1
  }

  /// The limit that an option stands for: 0 is none.
  private static func limit(_ value: UInt32) -> UInt32 { value == 0 ? .max : value }
}
