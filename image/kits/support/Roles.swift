// SPDX-License-Identifier: Apache-2.0
// The roles of a kit's pages. Each is a type with the accesses that the role permits: what only the
// kernel writes has no store here. The build adds a property for each field of the structure.

import KitSupport

// SAFETY: the pages are mapped as long as the image is, and a field's offset is inside of them.
/// The pages that the kernel writes and all programs read.
@safe struct KernelWritten<Layout>: FieldLoads {
  let base: UnsafeRawPointer

  init() { unsafe base = UnsafeRawPointer(kit_kernel_pages()) }
}

// SAFETY: the pages are mapped as long as the image is, and a field's offset is inside of them.
/// The pages that the kernel writes for this process, which alone reads them.
@safe struct OwnPage<Layout>: FieldLoads {
  let base: UnsafeRawPointer

  init() { unsafe base = UnsafeRawPointer(kit_own_pages()) }
}

// SAFETY: the pages are mapped as long as the image is, and a field's offset is inside of them.
/// The pages that programs write, if they have the right; a store without it is a SIGSEGV. Any
/// other program may change them at any time, so nothing that is read here may be trusted.
@safe struct SharedWritable<Layout>: FieldLoads {
  let base: UnsafeRawPointer

  init() { unsafe base = UnsafeRawPointer(kit_shared_pages()) }

  /// The word at `offset`.
  @inline(__always)
  func word(at offset: Int) -> SharedWord {
    unsafe SharedWord(address: kit_shared_pages() + offset)
  }

  /// The array of words at `offset`.
  @inline(__always)
  func words(at offset: Int, count: Int) -> SharedWords {
    unsafe SharedWords(
      address: kit_shared_pages() + offset, count: UInt32(truncatingIfNeeded: count))
  }
}

// SAFETY: the pages are mapped as long as the image is, and a field's offset is inside of them.
/// The pages of one member, which that member writes and all processes read. The member may change
/// them at any time, so nothing that is read here may be trusted.
@safe struct MemberPages<Layout>: FieldLoads {
  let base: UnsafeRawPointer

  /// The pages of `slot`, which is taken modulo the number of slots; each has `bytes`.
  @inline(__always)
  init(slot: UInt32, bytes: UInt32) {
    unsafe base = UnsafeRawPointer(kit_member_pages() + Int((slot & 15) &* bytes))
  }
}

// SAFETY: the pages are mapped as long as the image is, and a field's offset is inside of them.
/// The pages that this process writes as a member, with its threads.
@safe struct OwnMemberPages<Layout> {
  private let base: UnsafeMutableRawPointer

  /// The pages of the slot with the number `slot` - 1, of `bytes` each; nil if `slot` is 0: the
  /// process is no member.
  @inline(__always)
  init?(member slot: UInt32, bytes: UInt32) {
    guard slot > 0 else { return nil }
    unsafe base = UnsafeMutableRawPointer(kit_member_pages() + Int(((slot &- 1) & 15) &* bytes))
  }

  /// The word at `offset`.
  @inline(__always)
  func word(at offset: Int) -> SharedWord { unsafe SharedWord(address: base + offset) }

  /// The array of words at `offset`.
  @inline(__always)
  func words(at offset: Int, count: Int) -> SharedWords {
    unsafe SharedWords(address: base + offset, count: UInt32(truncatingIfNeeded: count))
  }
}

/// Loads of fields. Each is made where it is written, and once.
protocol FieldLoads {
  /// The first page.
  var base: UnsafeRawPointer { get }
}

// SAFETY: the offsets are the compiler's, of a structure that fits the pages.
extension FieldLoads {
  /// The number at `offset`; of 64 bits, in two loads, between which the kernel may write.
  @inline(__always)
  func load<Number: FixedWidthInteger>(at offset: Int) -> Number {
    Number.bitWidth == 64
      ? Number(truncatingIfNeeded: unsafe kit_load_long(base + offset))
      : Number(truncatingIfNeeded: unsafe kit_load(base + offset, UInt32(Number.bitWidth / 8)))
  }

  /// The array of numbers at `offset`.
  @inline(__always)
  func array<Number>(at offset: Int, count: Int) -> PageArray<Number> {
    unsafe PageArray(address: base + offset, count: UInt32(truncatingIfNeeded: count))
  }
}

// SAFETY: `load` checks the index, and the bytes of the array are in the page.
/// An array in a page.
@safe struct PageArray<Number: FixedWidthInteger> {
  let address: UnsafeRawPointer
  /// The number of elements.
  let count: UInt32

  /// The element `index`; nil if there is none.
  @inline(__always)
  func load(_ index: UInt32) -> Number? {
    guard index < count else { return nil }
    let bytes = UInt32(Number.bitWidth / 8)
    return unsafe Number(truncatingIfNeeded: kit_load(address + Int(index &* bytes), bytes))
  }

  /// The bytes of element `index` up to `index + 3`, which are aligned; 0 beyond the array.
  @inline(__always)
  func word(_ index: UInt32) -> UInt32 {
    guard index & 3 == 0, index < count else { return 0 }
    return unsafe kit_load(address + Int(index), 4)
  }
}

// SAFETY: the word is in the shared pages, which are mapped as long as the image is.
/// A word that programs change at the same time.
@safe struct SharedWord {
  let address: UnsafeMutableRawPointer

  /// One load.
  @inline(__always)
  func load() -> UInt32 { unsafe kit_load(address, 4) }

  /// One store.
  @inline(__always)
  func store(_ value: UInt32) { unsafe kit_store(address, value) }

  /// One try to add, wrapping: false if another writer was faster.
  @inline(__always)
  func tryAdd(_ value: UInt32) -> Bool { unsafe kit_try_add(address, value) }

  /// One try to change it from `old`: false if it is another value, or another writer was faster.
  /// It is ordered after all earlier loads and stores, and before all later ones.
  @inline(__always)
  func tryExchange(_ old: UInt32, _ value: UInt32) -> Bool {
    unsafe kit_try_exchange(address, old, value)
  }
}

// SAFETY: the subscript checks the index, and the words of the array are in the page.
/// An array of words that programs change at the same time.
@safe struct SharedWords {
  let address: UnsafeMutableRawPointer
  /// The number of words.
  let count: UInt32

  /// The word `index`; nil if there is none.
  @inline(__always)
  subscript(index: UInt32) -> SharedWord? {
    guard index < count else { return nil }
    return unsafe SharedWord(address: address + Int(index &* 4))
  }
}

extension KitError {
  /// The error as the result of a function.
  var answer: Int32 { -Int32(truncatingIfNeeded: rawValue) }
}
