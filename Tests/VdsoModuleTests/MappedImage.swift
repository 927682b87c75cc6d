// SPDX-License-Identifier: Apache-2.0
/// The image as a program finds it in memory: bytes at a base address other than 0. A read outside
/// of them is an error, as it would crash a real lookup.
struct MappedImage {
  struct Fault: Error {
    let address: UInt32
  }

  static let base: UInt32 = 0x77ff_0000
  let bytes: [UInt8]

  func byte(_ address: UInt32) throws -> UInt8 {
    let offset = Int(address &- Self.base)
    guard bytes.indices.contains(offset) else { throw Fault(address: address) }
    return bytes[offset]
  }

  func half(_ address: UInt32) throws -> UInt16 {
    UInt16(try byte(address)) | UInt16(try byte(address &+ 1)) << 8
  }

  func word(_ address: UInt32) throws -> UInt32 {
    UInt32(try half(address)) | UInt32(try half(address &+ 2)) << 16
  }

  func isString(_ address: UInt32, _ text: String) throws -> Bool {
    for (index, expected) in (Array(text.utf8) + [0]).enumerated() {
      if try byte(address &+ UInt32(index)) != expected { return false }
    }
    return true
  }

  /// The value of a tag in the dynamic segment, as it is in the file.
  func dynamic(_ tag: UInt32, at start: UInt32) throws -> UInt32? {
    var place = start
    while try word(place) != 0 {
      if try word(place) == tag { return try word(place &+ 4) }
      place &+= 8
    }
    return nil
  }

  /// The hash of the ELF specification.
  static func sysvHash(_ text: String) -> UInt32 {
    var hash: UInt32 = 0
    for byte in text.utf8 {
      hash = hash &<< 4 &+ UInt32(byte)
      let high = hash & 0xf000_0000
      if high != 0 { hash ^= high >> 24 }
      hash &= ~high
    }
    return hash
  }

  /// The hash of DT_GNU_HASH.
  static func gnuHash(_ text: String) -> UInt32 {
    text.utf8.reduce(5381) { $0 &* 33 &+ UInt32($1) }
  }
}
