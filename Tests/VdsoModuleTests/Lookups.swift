// SPDX-License-Identifier: Apache-2.0
// The lookup algorithms of programs that read the image, each in our own words: which header gives
// the base, which tables are read, and what is not checked.

/// musl (src/internal/vdso.c): the last PT_LOAD gives the base, DT_HASH only gives the number of
/// symbols, and all of them are compared by name, the version as well.
enum MuslLookup {
  static func find(_ name: String, _ version: String, in image: MappedImage) throws -> UInt32? {
    let base = MappedImage.base
    var header = base &+ (try image.word(base &+ 28))
    var dynamic: UInt32?
    var offset: UInt32?
    for _ in 0..<(try image.half(base &+ 44)) {
      switch try image.word(header) {
      case 1: offset = base &+ (try image.word(header &+ 4)) &- (try image.word(header &+ 8))
      case 2: dynamic = base &+ (try image.word(header &+ 4))
      default: break
      }
      header &+= UInt32(try image.half(base &+ 42))
    }
    guard let dynamic, let offset else { return nil }
    guard let strings = try image.dynamic(5, at: dynamic).map({ $0 &+ offset }),
      let symbols = try image.dynamic(6, at: dynamic).map({ $0 &+ offset }),
      let hashes = try image.dynamic(4, at: dynamic).map({ $0 &+ offset })
    else { return nil }
    let definitions = try image.dynamic(0x6fff_fffc, at: dynamic).map { $0 &+ offset }
    let versions = try image.dynamic(0x6fff_fff0, at: dynamic).map { $0 &+ offset }
    for index in 0..<(try image.word(hashes &+ 4)) {
      let symbol = symbols &+ index &* 16
      let info = try image.byte(symbol &+ 12)
      guard [0, 1, 2, 5].contains(info & 15), [1, 2, 10].contains(info >> 4),
        try image.half(symbol &+ 14) != 0,
        try image.isString(strings &+ (try image.word(symbol)), name)
      else { continue }
      if let definitions, let versions {
        let wanted = try image.half(versions &+ index &* 2) & 0x7fff
        guard try matches(definitions, wanted, version, strings, image) else { continue }
      }
      return offset &+ (try image.word(symbol &+ 4))
    }
    return nil
  }

  private static func matches(
    _ definitions: UInt32, _ wanted: UInt16, _ version: String, _ strings: UInt32,
    _ image: MappedImage
  ) throws -> Bool {
    var place = definitions
    while true {
      if try image.half(place &+ 2) & 1 == 0, try image.half(place &+ 4) & 0x7fff == wanted {
        let auxiliary = place &+ (try image.word(place &+ 12))
        return try image.isString(strings &+ (try image.word(auxiliary)), version)
      }
      let next = try image.word(place &+ 16)
      if next == 0 { return false }
      place &+= next
    }
  }
}

/// glibc (elf/dl-vdso, dl-lookup): the first PT_LOAD gives the base, DT_GNU_HASH is preferred, and a
/// version is matched by its hash and then its name.
enum GlibcLookup {
  static func find(_ name: String, _ version: String, in image: MappedImage) throws -> UInt32? {
    let base = MappedImage.base
    let headers = base &+ (try image.word(base &+ 28))
    var dynamic: UInt32?
    var bias: UInt32?
    for index in 0..<UInt32(try image.half(base &+ 44)) {
      let header = headers &+ index &* 32
      switch try image.word(header) {
      case 1 where bias == nil: bias = base &- (try image.word(header &+ 8))
      case 2: dynamic = try image.word(header &+ 8)
      default: break
      }
    }
    guard let bias, let dynamic = dynamic.map({ $0 &+ bias }),
      let strings = try image.dynamic(5, at: dynamic).map({ $0 &+ bias }),
      let symbols = try image.dynamic(6, at: dynamic).map({ $0 &+ bias }),
      let table = try image.dynamic(0x6fff_fef5, at: dynamic).map({ $0 &+ bias }),
      let versions = try image.dynamic(0x6fff_fff0, at: dynamic).map({ $0 &+ bias }),
      let definitions = try image.dynamic(0x6fff_fffc, at: dynamic).map({ $0 &+ bias })
    else { return nil }
    let hash = MappedImage.gnuHash(name)
    guard let start = try GnuHashTable(at: table, image).chainStart(hash) else { return nil }
    var index = start.index
    var chain = start.chain
    while true {
      let entry = try image.word(chain)
      let symbol = symbols &+ index &* 16
      if entry | 1 == hash | 1, try image.half(symbol &+ 14) != 0,
        try image.isString(strings &+ (try image.word(symbol)), name),
        try VersionTable(definitions, strings, image).node(
          try image.half(versions &+ index &* 2) & 0x7fff, is: version)
      {
        return bias &+ (try image.word(symbol &+ 4))
      }
      if entry & 1 != 0 { return nil }
      index &+= 1
      chain &+= 4
    }
  }
}

/// DT_GNU_HASH: four words, a Bloom filter, buckets, and chains that end with an odd hash.
struct GnuHashTable {
  let place: UInt32
  let image: MappedImage

  init(at place: UInt32, _ image: MappedImage) {
    self.place = place
    self.image = image
  }

  /// The first symbol that may have the hash, with the offset of its chain entry.
  func chainStart(_ hash: UInt32) throws -> (index: UInt32, chain: UInt32)? {
    let buckets = try image.word(place)
    let first = try image.word(place &+ 4)
    let words = try image.word(place &+ 8)
    let shift = try image.word(place &+ 12)
    let filter = try image.word(place &+ 16 &+ (hash / 32 % words) &* 4)
    guard filter >> (hash % 32) & filter >> (hash >> shift % 32) & 1 == 1 else { return nil }
    let bucketPlace = place &+ 16 &+ words &* 4
    let index = try image.word(bucketPlace &+ (hash % buckets) &* 4)
    guard index >= first, index != 0 else { return nil }
    return (index, bucketPlace &+ buckets &* 4 &+ (index &- first) &* 4)
  }
}

/// DT_VERDEF, matched by hash and name.
struct VersionTable {
  let definitions: UInt32
  let strings: UInt32
  let image: MappedImage

  init(_ definitions: UInt32, _ strings: UInt32, _ image: MappedImage) {
    self.definitions = definitions
    self.strings = strings
    self.image = image
  }

  func node(_ index: UInt16, is version: String) throws -> Bool {
    var place = definitions
    while true {
      if try image.half(place &+ 2) & 1 == 0, try image.half(place &+ 4) & 0x7fff == index {
        let auxiliary = place &+ (try image.word(place &+ 12))
        return try image.word(place &+ 8) == MappedImage.sysvHash(version)
          && image.isString(strings &+ (try image.word(auxiliary)), version)
      }
      let next = try image.word(place &+ 16)
      if next == 0 { return false }
      place &+= next
    }
  }
}

/// Linux's reference parser (tools/testing/selftests/vDSO/parse_vdso.c): class checked, the first
/// PT_LOAD, here by DT_HASH with its chains; only functions that are global or weak and defined.
enum ReferenceLookup {
  static func find(_ name: String, _ version: String, in image: MappedImage) throws -> UInt32? {
    let base = MappedImage.base
    guard try image.byte(base &+ 4) == 1 else { return nil }
    let headers = base &+ (try image.word(base &+ 28))
    var dynamic: UInt32?
    var offset: UInt32?
    for index in 0..<UInt32(try image.half(base &+ 44)) {
      let header = headers &+ index &* 32
      switch try image.word(header) {
      case 1 where offset == nil:
        offset = base &+ (try image.word(header &+ 4)) &- (try image.word(header &+ 8))
      case 2: dynamic = base &+ (try image.word(header &+ 4))
      default: break
      }
    }
    guard let offset, let dynamic,
      let strings = try image.dynamic(5, at: dynamic).map({ $0 &+ offset }),
      let symbols = try image.dynamic(6, at: dynamic).map({ $0 &+ offset }),
      let table = try image.dynamic(4, at: dynamic).map({ $0 &+ offset }),
      let versions = try image.dynamic(0x6fff_fff0, at: dynamic).map({ $0 &+ offset }),
      let definitions = try image.dynamic(0x6fff_fffc, at: dynamic).map({ $0 &+ offset })
    else { return nil }
    let buckets = try image.word(table)
    var index = try image.word(table &+ 8 &+ (MappedImage.sysvHash(name) % buckets) &* 4)
    while index != 0 {
      let symbol = symbols &+ index &* 16
      let info = try image.byte(symbol &+ 12)
      if info & 15 == 2, info >> 4 == 1 || info >> 4 == 2, try image.half(symbol &+ 14) != 0,
        try image.isString(strings &+ (try image.word(symbol)), name),
        try VersionTable(definitions, strings, image).node(
          try image.half(versions &+ index &* 2) & 0x7fff, is: version)
      {
        return offset &+ (try image.word(symbol &+ 4))
      }
      index = try image.word(table &+ 8 &+ buckets &* 4 &+ index &* 4)
    }
    return nil
  }
}
