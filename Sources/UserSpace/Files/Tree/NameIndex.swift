// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: records are slots of the two slabs, which the index alone allocates and frees; a record
// has room for the bytes of its name.
/// All names of the file tree, found by directory and name in a hash table: the cost of a look-up
/// does not depend on the number of members of the directory.
@safe struct NameIndex<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private let buckets: RecordTable<NameReference?>
  private var short: ObjectSlab<ShortName, CPU, Memory>
  private var long: ObjectSlab<LongName, CPU, Memory>

  /// Buckets: those of two frames on the target.
  private static var bucketCount: Int { 2048 }
  private static var order: Int { MemoryLayout<NameReference?>.size == 4 ? 1 : 2 }
  /// The most bytes of a short name.
  private static var shortLimit: Int { 31 }

  /// An index without names, with frames of `pool`.
  ///
  /// - Throws: `outOfMemory`.
  init(pool: FramePool<CPU, Memory>) throws(MemoryError) {
    let frame = try pool.allocateCold(order: Self.order, zeroed: true)
    let memory = unsafe Memory.pointer(to: frame).bindMemory(
      to: NameReference?.self, capacity: Self.bucketCount)
    buckets = unsafe RecordTable(memory, count: Self.bucketCount)
    short = ObjectSlab(pool: pool)
    long = ObjectSlab(pool: pool)
  }

  /// The bucket of the names with this hash in a directory. Wrapping: a further hash.
  @inline(__always)
  private static func bucket(_ hash: NameHash, in directory: UInt32) -> Int {
    let both = hash.value ^ directory &* 0x9e37_79b1
    return Int((both ^ both >> 15) & UInt32(bucketCount - 1))
  }

  /// The name `text` in the directory with this number; nil if it has none.
  @inline(never)
  func find(_ text: Span<UInt8>, in directory: UInt32) -> NameReference? {
    find(text, NameHash(of: text), in: directory)
  }

  /// The name `text`, whose hash is known, as the other `find` does.
  @inline(__always)
  func find(_ text: Span<UInt8>, _ hash: NameHash, in directory: UInt32) -> NameReference? {
    var position = buckets[Self.bucket(hash, in: directory)]
    while let name = position {
      if name.pointee.hash.value == hash.value, UInt32(name.pointee.directory) == directory,
        Self.isEqual(name.text, text)
      {
        return name
      }
      position = name.pointee.next
    }
    return nil
  }

  @inline(__always)
  private static func isEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
  }

  /// Makes the name `text`, of up to 255 bytes, of an inode in a directory. `insert` makes it
  /// findable.
  ///
  /// - Throws: `outOfMemory`.
  mutating func make(
    _ text: Span<UInt8>, in directory: UInt32, of inode: UInt32
  ) throws(MemoryError) -> NameReference {
    let head = Name(
      hash: NameHash(of: text), directory: UInt16(directory), inode: UInt16(inode),
      count: UInt8(text.count))
    let memory =
      try text.count <= Self.shortLimit
      ? unsafe UnsafeMutableRawPointer(short.allocate())
      : unsafe UnsafeMutableRawPointer(long.allocate())
    let record = unsafe memory.bindMemory(to: Name.self, capacity: 1)
    unsafe record.initialize(to: head)
    let bytes = unsafe (memory + MemoryLayout<Name>.size).assumingMemoryBound(to: UInt8.self)
    for index in text.indices { unsafe bytes[index] = text[index] }
    return unsafe NameReference(at: record)
  }

  private func bucket(of name: NameReference) -> RecordReference<NameReference?> {
    buckets.reference(Self.bucket(name.pointee.hash, in: UInt32(name.pointee.directory)))
  }

  /// Makes a name findable.
  func insert(_ name: NameReference) {
    let bucket = bucket(of: name)
    name.pointee.next = bucket.pointee
    bucket.pointee = name
  }

  /// Makes a name no longer findable.
  func remove(_ name: NameReference) {
    let bucket = bucket(of: name)
    guard bucket.pointee != name else {
      bucket.pointee = name.pointee.next
      return
    }
    var position = bucket.pointee
    while let other = position {
      if other.pointee.next == name { return other.pointee.next = name.pointee.next }
      position = other.pointee.next
    }
  }

  /// Frees a name that is not findable.
  mutating func free(_ name: NameReference) {
    let memory = unsafe UnsafeMutableRawPointer(name.address)
    if Int(name.pointee.count) <= Self.shortLimit {
      unsafe short.free(memory.assumingMemoryBound(to: ShortName.self))
    } else {
      unsafe long.free(memory.assumingMemoryBound(to: LongName.self))
    }
  }
}
