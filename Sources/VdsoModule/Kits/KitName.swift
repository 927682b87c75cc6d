// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The name of a kit: 1 to 15 lower-case letters, digits and underscores, a letter first.
public struct KitName: Equatable, Sendable {
  /// The characters, filled up with zeros.
  public let bytes: InlineArray<16, UInt8>

  /// The name in the 16 bytes at `offset`; nil if they are not a name, terminated and filled up by
  /// zeros.
  init?(_ file: borrowing ImageBytes, at offset: UInt32) {
    let bytes = InlineArray<16, UInt8> { file.byte(offset + UInt32($0)) }
    guard Self.isLetter(bytes[0]), bytes[15] == 0 else { return nil }
    for index in 1..<15 {
      let byte = bytes[index]
      let isNamePart = Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "_")
      guard byte == 0 || isNamePart && bytes[index - 1] != 0 else { return nil }
    }
    self.bytes = bytes
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// The number of characters.
  public var count: Int {
    var count = 0
    while bytes[count] != 0 { count += 1 }
    return count
  }

  /// Writes the name.
  @inline(never)
  public func write(to sink: inout some TextSink) {
    for index in 0..<count { sink.put(bytes[index]) }
  }

  /// Appends to a line of the boot log, after the kit's name, what it is.
  @inline(never)
  public static func log(_ version: UInt32, _ buildID: BuildID, to line: inout LogLine) {
    line.text(", version ")
    line.decimal(UInt64(version))
    line.text(", ")
    for index in buildID.bytes.indices {
      line.hexadecimal(UInt32(buildID.bytes[index]), width: 2)
    }
  }

  /// Appends why there is no such kit.
  @inline(never)
  public static func log(refusal: StaticString, to line: inout LogLine) {
    line.text(": refused: ")
    line.text(refusal)
  }

  /// Whether the name is `text`.
  public func isEqual(to text: Span<UInt8>) -> Bool {
    guard text.count == count else { return false }
    for index in text.indices where text[index] != bytes[index] { return false }
    return true
  }

  /// Compares all bytes.
  public static func == (left: KitName, right: KitName) -> Bool {
    for index in left.bytes.indices where left.bytes[index] != right.bytes[index] { return false }
    return true
  }

  /// Whether the string at `offset` is the name of its file: the name and `.kit`.
  func isFileName(_ file: borrowing ImageBytes, at offset: UInt32) -> Bool {
    hasPrefix(file, offset, false) && file.isString(offset + UInt32(count), ".kit")
  }

  /// Whether the string at `offset` is the name of its version: the name in capitals, an underscore
  /// and the decimal number.
  func isVersion(_ version: UInt32, _ file: borrowing ImageBytes, at offset: UInt32) -> Bool {
    guard hasPrefix(file, offset, true) else { return false }
    var place = offset + UInt32(count)
    guard file.byte(place) == UInt8(ascii: "_") else { return false }
    // The digits are compared from the last one on.
    var (rest, digits) = (version, UInt32(0))
    repeat {
      rest /= 10
      digits += 1
    } while rest > 0
    guard file.byte(place + digits + 1) == 0 else { return false }
    (rest, place) = (version, place + digits)
    for _ in 0..<digits {
      guard file.byte(place) == UInt8(ascii: "0") + UInt8(rest % 10) else { return false }
      rest /= 10
      place -= 1
    }
    return true
  }

  private func hasPrefix(
    _ file: borrowing ImageBytes, _ offset: UInt32, _ inCapitals: Bool
  ) -> Bool {
    for index in 0..<count {
      let byte = bytes[index]
      let wanted = inCapitals && Self.isLetter(byte) ? byte - 32 : byte
      guard file.byte(offset + UInt32(index)) == wanted else { return false }
    }
    return true
  }
}
