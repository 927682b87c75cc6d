// SPDX-License-Identifier: Apache-2.0
// More programs that read the image: bionic and Go, and the newer half of Linux' reference parser.
// In our own words, like Lookups.swift.

/// bionic (libc/bionic/vdso.cpp): the number of symbols comes from the section header of the dynamic
/// symbols, names are compared and versions are not looked at.
enum BionicLookup {
  static func find(_ name: String, _ version: String, in image: MappedImage) throws -> UInt32? {
    let base = MappedImage.base
    let sections = base &+ (try image.word(base &+ 32))
    var symbolCount: UInt32 = 0
    for index in 0..<UInt32(try image.half(base &+ 48)) {
      let section = sections &+ index &* 40
      if try image.word(section &+ 4) == 11 {
        symbolCount = try image.word(section &+ 20) / 16
      }
    }
    let headers = base &+ (try image.word(base &+ 28))
    var bias: UInt32?
    var dynamic: UInt32?
    for index in 0..<UInt32(try image.half(base &+ 44)) {
      let header = headers &+ index &* 32
      switch try image.word(header) {
      case 1: bias = base &+ (try image.word(header &+ 4)) &- (try image.word(header &+ 8))
      case 2: dynamic = base &+ (try image.word(header &+ 4))
      default: break
      }
    }
    guard symbolCount > 0, let bias, let dynamic,
      let strings = try image.dynamic(5, at: dynamic).map({ $0 &+ bias }),
      let symbols = try image.dynamic(6, at: dynamic).map({ $0 &+ bias })
    else { return nil }
    for index in 0..<symbolCount {
      let symbol = symbols &+ index &* 16
      if try image.isString(strings &+ (try image.word(symbol)), name) {
        return bias &+ (try image.word(symbol &+ 4))
      }
    }
    return nil
  }
}

/// Go (runtime/vdso_linux.go): the node's index is looked for first, by hash and name; symbols by the
/// GNU hash without its filter, and a function's version must be that index.
enum GoLookup {
  static func find(_ name: String, _ version: String, in image: MappedImage) throws -> UInt32? {
    let base = MappedImage.base
    // The program headers are read right after the ELF header's 52 bytes, at e_phoff.
    let headers = base &+ (try image.word(base &+ 28))
    var bias: UInt32?
    var dynamic: UInt32?
    for index in 0..<UInt32(try image.half(base &+ 44)) {
      let header = headers &+ index &* 32
      switch try image.word(header) {
      case 1 where bias == nil:
        bias = base &+ (try image.word(header &+ 4)) &- (try image.word(header &+ 8))
      case 2: dynamic = base &+ (try image.word(header &+ 4))
      default: break
      }
    }
    guard let bias, let dynamic,
      let strings = try image.dynamic(5, at: dynamic).map({ $0 &+ bias }),
      let symbols = try image.dynamic(6, at: dynamic).map({ $0 &+ bias }),
      let table = try image.dynamic(0x6fff_fef5, at: dynamic).map({ $0 &+ bias }),
      let versions = try image.dynamic(0x6fff_fff0, at: dynamic).map({ $0 &+ bias }),
      let definitions = try image.dynamic(0x6fff_fffc, at: dynamic).map({ $0 &+ bias }),
      let node = try node(version, definitions, strings, image)
    else { return nil }
    let hash = MappedImage.gnuHash(name)
    let buckets = try image.word(table)
    let first = try image.word(table &+ 4)
    let bucketPlace = table &+ 16 &+ (try image.word(table &+ 8)) &* 4
    var index = try image.word(bucketPlace &+ (hash % buckets) &* 4)
    guard index >= first else { return nil }
    while true {
      let entry = try image.word(bucketPlace &+ (buckets &+ index &- first) &* 4)
      let symbol = symbols &+ index &* 16
      let info = try image.byte(symbol &+ 12)
      if entry | 1 == hash | 1, info & 15 == 2, [1, 2].contains(info >> 4),
        try image.half(symbol &+ 14) != 0,
        try image.isString(strings &+ (try image.word(symbol)), name),
        try image.half(versions &+ index &* 2) & 0x7fff == node
      {
        return bias &+ (try image.word(symbol &+ 4))
      }
      if entry & 1 != 0 { return nil }
      index &+= 1
    }
  }

  private static func node(
    _ version: String, _ definitions: UInt32, _ strings: UInt32, _ image: MappedImage
  ) throws -> UInt16? {
    var place = definitions
    while true {
      let auxiliary = place &+ (try image.word(place &+ 12))
      if try image.half(place &+ 2) & 1 == 0,
        try image.word(place &+ 8) == MappedImage.sysvHash(version),
        try image.isString(strings &+ (try image.word(auxiliary)), version)
      {
        return try image.half(place &+ 4) & 0x7fff
      }
      let next = try image.word(place &+ 16)
      if next == 0 { return nil }
      place &+= next
    }
  }
}

/// Linux' reference parser as it is since 6.13: the GNU hash where there is one, else as before.
enum NewReferenceLookup {
  static func find(_ name: String, _ version: String, in image: MappedImage) throws -> UInt32? {
    guard let found = try GlibcLookup.find(name, version, in: image) else { return nil }
    // Both hashes must find the same symbol; only functions count.
    return try ReferenceLookup.find(name, version, in: image) == found ? found : nil
  }
}

/// All of them.
enum Lookups {
  typealias Find = @Sendable (String, String, MappedImage) throws -> UInt32?

  static let all: [(name: String, find: Find)] = [
    ("musl", { try MuslLookup.find($0, $1, in: $2) }),
    ("glibc", { try GlibcLookup.find($0, $1, in: $2) }),
    ("bionic", { try BionicLookup.find($0, $1, in: $2) }),
    ("Go", { try GoLookup.find($0, $1, in: $2) }),
    ("reference", { try ReferenceLookup.find($0, $1, in: $2) }),
    ("new reference", { try NewReferenceLookup.find($0, $1, in: $2) }),
  ]
}
