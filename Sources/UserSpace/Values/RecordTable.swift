// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Records of one kind by number, in memory that outlives the table. The owner's lock protects
/// them.
@safe struct RecordTable<Record> {
  private let base: UnsafeMutablePointer<Record>
  /// The number of records.
  let count: Int

  /// A table of the `count` records at `base`, which outlive it. They are initialised before they
  /// are used.
  init(_ base: UnsafeMutablePointer<Record>, count: Int) {
    // SAFETY: the caller passes memory for the records.
    unsafe self.base = base
    self.count = count
  }

  /// The record with a number below `count`; debug builds check it.
  subscript(_ index: Int) -> Record {
    // SAFETY: the owner's numbers are below `count`, and its lock makes this the only access.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address(of: index)) }
    // SAFETY: the owner's numbers are below `count`, and its lock makes this the only access.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe address(of: index) }
  }

  /// A reference to the record with a number below `count`, for several steps with it.
  @inline(__always)
  func reference(_ index: Int) -> RecordReference<Record> {
    // SAFETY: the owner's numbers are below `count`.
    unsafe RecordReference(at: address(of: index))
  }

  @inline(__always)
  private func address(of index: Int) -> UnsafeMutablePointer<Record> {
    assert(index >= 0 && index < count, "a record's number exceeds its table")
    // SAFETY: the owner's numbers are below `count`.
    return unsafe base + index
  }
}

extension RecordTable {
  /// The table of an array's elements. The array keeps its address as long as the table is used.
  init<let number: Int>(in array: inout InlineArray<number, Record>) {
    // SAFETY: the elements of an array are consecutive, and the caller keeps them in place.
    self = unsafe withUnsafeMutablePointer(to: &array) {
      unsafe RecordTable(
        UnsafeMutableRawPointer($0).assumingMemoryBound(to: Record.self), count: number)
    }
  }
}

extension RecordTable {
  /// As many records as fit into a block of 2^`order` frames from `offset` on. The block is the
  /// caller's own, and is used for nothing else as long as the table is.
  init<Memory: PhysicalMemory>(
    in frame: PhysicalFrame, order: Int = 0, from offset: Int = 0, of memory: Memory.Type
  ) {
    // SAFETY: the caller owns the block, into which the records fit.
    unsafe base = (Memory.pointer(to: frame) + offset).assumingMemoryBound(to: Record.self)
    count = (Int(Page.size) << order - offset) / MemoryLayout<Record>.stride
  }
}

extension RecordTable where Record: BitwiseCopyable {
  /// Copies all records of another table of the same size, as bytes: a loop of assignments takes
  /// three times as many instructions.
  func copy(from other: RecordTable) {
    precondition(count == other.count, "tables of different sizes")
    // SAFETY: both have room for `count` plain values, and do not overlap.
    unsafe UnsafeMutableRawPointer(base).copyMemory(
      from: other.base, byteCount: count * MemoryLayout<Record>.stride)
  }

  /// Sets all bytes of the records to 0, which takes a tenth of the instructions of as many
  /// assignments. The caller knows that zeros are a record.
  func clear() {
    // SAFETY: there is room for `count` plain values.
    unsafe UnsafeMutableRawPointer(base).initializeMemory(
      as: UInt8.self, repeating: 0, count: count * MemoryLayout<Record>.stride)
  }
}

/// Memory for tables of records, which it hands out from its beginning.
@safe struct RecordMemory {
  private var rest: UnsafeMutableRawPointer
  private var left: Int

  /// The `byteCount` unused bytes at `memory`, which are aligned for each of the records and
  /// outlive them.
  init(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    // SAFETY: the caller passes the memory.
    unsafe rest = memory
    left = byteCount
  }

  /// A table of `count` records, each initialised with what `make` returns for its number.
  mutating func table<Record>(_ count: Int, _ make: (Int) -> Record) -> RecordTable<Record> {
    let size = count * MemoryLayout<Record>.stride
    left -= size
    precondition(left >= 0, "the tables exceed their memory")
    // SAFETY: the bytes are in the memory, and are handed out once.
    let first = unsafe rest.bindMemory(to: Record.self, capacity: count)
    for index in 0..<count { unsafe (first + index).initialize(to: make(index)) }
    unsafe rest += size
    return unsafe RecordTable(first, count: count)
  }
}
