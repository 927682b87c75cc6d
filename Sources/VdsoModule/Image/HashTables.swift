// SPDX-License-Identifier: Apache-2.0
/// The two hash tables over the symbols of an image: DT_HASH (TIS ELF 1.2, 2-19), which musl, Go
/// and old programs use, and DT_GNU_HASH, which glibc and Linux' reference parser prefer.
///
///     DT_HASH      bucket count, symbol count, buckets, chains (the next symbol; 0 ends)
///     DT_GNU_HASH  bucket count, first symbol, filter words, filter shift,
///                  filter, buckets (the first symbol; 0 for none), hashes (odd: the chain's last)
///
/// All are numbers of 32 bits, but the filter's words have the width of the class.
struct HashTables<Class: ElfClass> {
  /// The number of symbols, including the empty symbol 0.
  let symbolCount: UInt32
  private let buckets: UInt32
  private let bucketCount: UInt32
  private let gnu: Gnu

  private struct Gnu {
    var first: UInt32 = 0
    var bucketCount: UInt32 = 0
    var filterCount: UInt32 = 0
    var filterShift: UInt32 = 0
    var filter: UInt32 = 0
    var buckets: UInt32 { filter + filterCount * Class.wordSize }
    var hashes: UInt32 { buckets + bucketCount * 4 }
  }

  /// Checks both tables in the loaded part of the image: every index in range, every chain finite.
  ///
  /// - Throws: the first violated rule.
  init(
    checking file: borrowing ImageBytes, _ dynamic: DynamicTable
  ) throws(VdsoImage.Violation) {
    let table = dynamic.value(.hash)
    guard file.hasTable(table, 2, of: 4, alignedTo: 4) else { throw .hashBounds }
    bucketCount = file.word(table)
    symbolCount = file.word(table + 4)
    buckets = table + 8
    guard bucketCount > 0, bucketCount <= file.count, symbolCount > 0, symbolCount <= file.count,
      file.hasTable(buckets, bucketCount + symbolCount, of: 4, alignedTo: 4)
    else { throw .hashBounds }
    gnu = try Self.gnuTable(file, at: dynamic.value(.gnuHash), symbolCount)
    try checkChains(file)
    try checkGnuChains(file)
  }

  private static func gnuTable(
    _ file: borrowing ImageBytes, at table: UInt32, _ symbolCount: UInt32
  ) throws(VdsoImage.Violation) -> Gnu {
    guard file.hasTable(table, 4, of: 4, alignedTo: Class.wordSize) else { throw .gnuHashBounds }
    let gnu = Gnu(
      first: file.word(table + 4), bucketCount: file.word(table),
      filterCount: file.word(table + 8), filterShift: file.word(table + 12), filter: table + 16)
    // The number of filter words is a power of two, because glibc masks with it.
    guard gnu.bucketCount > 0, gnu.bucketCount <= file.count, gnu.filterCount > 0,
      gnu.filterCount & (gnu.filterCount - 1) == 0, gnu.filterCount <= file.count,
      gnu.filterShift < 32, gnu.first > 0, gnu.first < symbolCount,
      file.hasTable(
        gnu.filter,
        gnu.filterCount * (Class.wordSize / 4) + gnu.bucketCount + symbolCount - gnu.first, of: 4,
        alignedTo: 4)
    else { throw .gnuHashBounds }
    return gnu
  }

  /// Checks DT_HASH. A valid chain has each symbol at most once, so a walk with more steps than
  /// there are symbols is in a cycle.
  private func checkChains(_ file: borrowing ImageBytes) throws(VdsoImage.Violation) {
    for bucket in 0..<bucketCount {
      var steps: UInt32 = 0
      var index = file.word(buckets + bucket * 4)
      while index != 0 {
        guard index < symbolCount else { throw .hashBounds }
        steps += 1
        guard steps < symbolCount else { throw .hashCycle }
        index = next(file, index)
      }
    }
  }

  private func next(_ file: borrowing ImageBytes, _ index: UInt32) -> UInt32 {
    file.word(buckets + (bucketCount + index) * 4)
  }

  /// Checks DT_GNU_HASH. All chains end if the last hash of the table has the end bit.
  private func checkGnuChains(_ file: borrowing ImageBytes) throws(VdsoImage.Violation) {
    for bucket in 0..<gnu.bucketCount {
      let index = file.word(gnu.buckets + bucket * 4)
      guard index == 0 || (gnu.first..<symbolCount).contains(index) else { throw .gnuHashBounds }
    }
    guard gnuHash(file, symbolCount - 1) & 1 == 1 else { throw .gnuHashCycle }
  }

  private func gnuHash(_ file: borrowing ImageBytes, _ index: UInt32) -> UInt32 {
    file.word(gnu.hashes + (index - gnu.first) * 4)
  }

  /// The number of bits of a filter word.
  private static var filterBits: UInt32 { Class.wordSize * 8 }

  /// Whether bit `number`, modulo its width, is set in the filter word at offset `word`. The order
  /// of a word's halves is little-endian.
  private static func hasBit(
    _ file: borrowing ImageBytes, _ word: UInt32, _ number: UInt32
  ) -> Bool {
    file.word(word + number % filterBits / 32 * 4) >> (number % 32) & 1 == 1
  }

  /// Whether a lookup in DT_HASH finds symbol `index`, whose name is at offset `name`.
  func find(_ file: borrowing ImageBytes, _ index: UInt32, named name: UInt32) -> Bool {
    let bucket = ElfHash.systemV(file, at: name) % bucketCount
    var found = file.word(buckets + bucket * 4)
    while found != 0, found != index { found = next(file, found) }
    return found == index
  }

  /// Whether a lookup in DT_GNU_HASH finds symbol `index`, whose name is at offset `name`.
  func findByGnu(_ file: borrowing ImageBytes, _ index: UInt32, named name: UInt32) -> Bool {
    let hash = ElfHash.gnu(file, at: name)
    let filter =
      gnu.filter + (hash / Self.filterBits & (gnu.filterCount - 1)) * Class.wordSize
    guard Self.hasBit(file, filter, hash), Self.hasBit(file, filter, hash >> gnu.filterShift) else {
      return false
    }
    var found = file.word(gnu.buckets + hash % gnu.bucketCount * 4)
    guard found != 0, found <= index else { return false }
    while found < index {
      if gnuHash(file, found) & 1 == 1 { return false }
      found += 1
    }
    return gnuHash(file, index) | 1 == hash | 1
  }
}
