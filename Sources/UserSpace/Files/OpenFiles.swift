// SPDX-License-Identifier: Apache-2.0
import VmRegion

// SAFETY: the creator passes unused memory for all slots; a number that `open` returned is below
// `end` until its last reference is released.
/// All open files of the system: the first in a table, the others in frames that are made on demand
/// (OpenFiles+Further.swift). A copyable handle, of one word: a larger one would be copied to the
/// stack before each call of a function.
///
/// The files are counted: a descriptor has a reference, and so has a call while it uses the file
/// (`FileTable.with`). The kernel lock protects the table, the counts and the files themselves; it
/// is dropped while a thread is blocked, and another thread may then close the descriptor.
@safe public struct OpenFiles {
  /// The maximum number of open files.
  public static var capacity: Int { firstCount + frameCount * OpenFileFrame.size }
  /// The number of files in the table, and the greatest number of frames.
  static var firstCount: Int { 1024 }
  static var frameCount: Int { (3072 + OpenFileFrame.size - 1) / OpenFileFrame.size }

  /// The size of a table in bytes.
  public static var size: Int {
    slotOffset + MemoryLayout<OpenFileFrame?>.stride * frameCount
      + firstCount * MemoryLayout<OpenFile>.stride
  }

  private struct Header {
    /// All files have lower numbers.
    var end: UInt16 = 0
    /// The free slot below `end` that was freed last; .max if there is none.
    var firstFree = UInt16.max
    /// Number of open files.
    var count: UInt32 = 0
    let slots: RecordTable<OpenFile>
    let frames: RecordTable<OpenFileFrame?>
  }

  private static var slotOffset: Int { (MemoryLayout<Header>.size + 7) & ~7 }
  private let head: RecordReference<Header>
  /// The files whose numbers are below the table's count.
  var table: RecordTable<OpenFile> { head.pointee.slots }
  var frames: RecordTable<OpenFileFrame?> { head.pointee.frames }

  /// An empty table in the `size` bytes at `memory`, aligned to 8, which are never freed.
  public init(in memory: UnsafeMutableRawPointer) {
    let header = unsafe memory.bindMemory(to: Header.self, capacity: 1)
    var rest = unsafe RecordMemory(
      memory + Self.slotOffset, byteCount: Self.size - Self.slotOffset)
    let frames = rest.table(Self.frameCount) { _ in OpenFileFrame?.none }
    let slots = rest.table(Self.firstCount) { _ in OpenFile(node: .root, flags: 0) }
    unsafe header.initialize(to: Header(slots: slots, frames: frames))
    unsafe head = RecordReference(at: header)
  }

  /// The open file of this number, to which the caller has a reference.
  @inline(never)
  fileprivate func reference(_ number: UInt16) -> RecordReference<OpenFile> {
    number < Self.firstCount ? table.reference(Int(number)) : furtherReference(number)
  }

  @inline(never)
  private func furtherReference(_ number: UInt16) -> RecordReference<OpenFile> {
    let place = Int(number) - Self.firstCount
    guard place < Self.frameCount * OpenFileFrame.size,
      let entry = frames[place / OpenFileFrame.size]
    else { preconditionFailure("no such open file") }
    return entry.files.reference(place % OpenFileFrame.size)
  }

  /// The open file of this number, to which the caller has a reference.
  subscript(number: UInt16) -> OpenFile {
    get { reference(number).pointee }
    nonmutating _modify { yield &reference(number).pointee }
  }

  /// Number of open files.
  var count: UInt32 { head.pointee.count }

  /// Opens `node`; the caller gets the only reference. Further frames come from `pool`.
  ///
  /// - Returns: the number of the open file.
  /// - Throws: `fileTableFull`, `outOfMemory`.
  func open<CPU, Memory>(
    _ node: FileNode, flags: UInt32, _ pool: FramePool<CPU, Memory>
  ) throws(Errno) -> UInt16 {
    var number = head.pointee.firstFree
    if number != .max {
      head.pointee.firstFree = UInt16(
        truncatingIfNeeded: head.pointee.slots[Int(number)].position)
    } else if head.pointee.end < Self.firstCount {
      number = head.pointee.end
      head.pointee.end = number + 1
    } else {
      number = try openFurther(node, flags: flags, pool)
      head.pointee.count += 1
      return number
    }
    head.pointee.slots[Int(number)] = OpenFile(node: node, flags: flags)
    head.pointee.count += 1
    return number
  }

  /// The number of an open file in use that satisfies a condition; nil if there is none. After each
  /// 64 files it calls `mustEnd`, a preemption point, and ends if that returns true.
  @inline(never)
  func first(
    where condition: (borrowing OpenFile) -> Bool, orEndIf mustEnd: () -> Bool
  ) -> UInt16? {
    var number: UInt16 = 0
    while number < head.pointee.end {
      if self[number].references > 0, condition(self[number]) { return number }
      number += 1
      if number % 64 == 0, mustEnd() { return nil }
    }
    return firstFurther(where: condition, orEndIf: mustEnd)
  }

  /// Adds a reference to an open file.
  func retain(_ number: UInt16) { reference(number).retain() }

  /// Frees the number of a closed file.
  func free<CPU, Memory>(_ number: UInt16, _ pool: FramePool<CPU, Memory>) {
    head.pointee.count -= 1
    guard number < Self.firstCount else { return freeFurther(number, pool) }
    head.pointee.slots[Int(number)].position = UInt64(head.pointee.firstFree)
    head.pointee.firstFree = number
  }
}

/// An open file that a call uses (`FileTable.with`, `FileTable.file`). Its creator has a reference
/// to the file for as long as it is used.
typealias FileReference = RecordReference<OpenFile>

extension RecordReference where Record == OpenFile {
  /// The open file of this number.
  init(_ files: OpenFiles, _ number: UInt16) { self = files.reference(number) }

  /// Adds a reference to the open file.
  @inline(__always)
  func retain() { file.references += 1 }

  /// Releases a reference to the open file.
  ///
  /// - Returns: whether it was the last one. The caller then closes the file and frees its number.
  @inline(__always)
  func release() -> Bool {
    file.references -= 1
    return file.references == 0
  }

  /// The open file.
  var file: OpenFile {
    // SAFETY: a reference to the file keeps it.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address) }
    // SAFETY: a reference to the file keeps it.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe address }
  }
}
