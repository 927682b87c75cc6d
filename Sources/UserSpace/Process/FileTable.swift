// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// The open files of a process: its descriptors, and the open files that they refer to, which dup
/// shares. A handle to tables in the page of the process record; the kernel lock serialises
/// accesses.
@safe struct FileTable {
  /// The maximum number of descriptors of a process (RLIMIT_NOFILE).
  static var limit: Int { 64 }

  private let files: UnsafeMutablePointer<OpenFile>
  private let descriptors: UnsafeMutablePointer<Descriptor>

  /// A table in unused memory for `limit` values each, which `clear` or `copy` must initialise.
  init(files: UnsafeMutablePointer<OpenFile>, descriptors: UnsafeMutablePointer<Descriptor>) {
    // SAFETY: the caller passes unused memory of that size.
    unsafe self.files = files
    unsafe self.descriptors = descriptors
  }

  /// Initialises the table with no open files.
  func clear() {
    // SAFETY: there is room for `limit` values, and the default of these plain values is all zeros.
    // Clearing bytes takes a hundred instructions instead of a thousand.
    unsafe UnsafeMutableRawPointer(files).initializeMemory(
      as: UInt8.self, repeating: 0, count: FileTable.limit * MemoryLayout<OpenFile>.stride)
    unsafe UnsafeMutableRawPointer(descriptors).initializeMemory(
      as: UInt8.self, repeating: 0, count: FileTable.limit * MemoryLayout<Descriptor>.stride)
  }

  /// Initialises the table as a copy of `other`. Afterwards each table has its own read positions,
  /// and texts in /proc are generated anew up to them.
  func copy(from other: FileTable) {
    // SAFETY: both tables have `limit` plain values and do not overlap, as they are two processes'.
    unsafe UnsafeMutableRawPointer(files).copyMemory(
      from: other.files, byteCount: FileTable.limit * MemoryLayout<OpenFile>.stride)
    unsafe UnsafeMutableRawPointer(descriptors).copyMemory(
      from: other.descriptors, byteCount: FileTable.limit * MemoryLayout<Descriptor>.stride)
    for place in 0..<FileTable.limit { unsafe files[place].text = nil }
  }

  /// Opens `node` at the lowest free descriptor below `end`.
  ///
  /// - Returns: the descriptor.
  /// - Throws: `tooManyFiles`.
  func open(
    _ node: FileNode, flags: UInt32, closesOnExec: Bool, below end: Int
  ) throws(Errno) -> UInt32 {
    let number = try freeDescriptor(from: 0, below: end)
    for place in 0..<FileTable.limit {
      // SAFETY: `place` is below the limit.
      guard unsafe files[place].references == 0 else { continue }
      unsafe files[place] = OpenFile(node: node, flags: flags)
      set(number, Descriptor(file: UInt8(place + 1), closesOnExec: closesOnExec))
      return UInt32(number)
    }
    throw .tooManyFiles
  }

  /// Calls `body` with the open file of `descriptor`, which it may modify.
  ///
  /// - Throws: `badDescriptor`, and what `body` throws.
  @inline(__always)
  func with<Result>(
    _ descriptor: UInt32, _ body: (inout OpenFile) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    let place = try fileIndex(descriptor)
    // SAFETY: the index is from an open descriptor, so it is below the limit.
    return try unsafe body(&files[place])
  }

  /// A copy of the open file of `descriptor`.
  ///
  /// - Throws: `badDescriptor`.
  func file(_ descriptor: UInt32) throws(Errno) -> OpenFile {
    try with(descriptor) { (file) throws(Errno) in file }
  }

  /// Whether `descriptor` is open.
  @inline(never)
  func isOpen(_ descriptor: UInt32) -> Bool { (try? fileIndex(descriptor)) != nil }

  /// Whether exec closes `descriptor`.
  ///
  /// - Throws: `badDescriptor`.
  func closesOnExec(_ descriptor: UInt32) throws(Errno) -> Bool {
    _ = try fileIndex(descriptor)
    return entry(Int(descriptor)).closesOnExec
  }

  /// Sets whether exec closes `descriptor`.
  ///
  /// - Throws: `badDescriptor`.
  func setClosesOnExec(_ descriptor: UInt32, _ value: Bool) throws(Errno) {
    let place = try fileIndex(descriptor)
    set(Int(descriptor), Descriptor(file: UInt8(place + 1), closesOnExec: value))
  }

  /// Closes `descriptor`.
  ///
  /// - Returns: the frame of the open file's text if this was its last descriptor; the caller must
  ///   release it.
  /// - Throws: `badDescriptor`.
  @inline(never)
  func close(_ descriptor: UInt32) throws(Errno) -> PhysicalFrame? {
    let place = try fileIndex(descriptor)
    set(Int(descriptor), Descriptor())
    // SAFETY: the index is below the limit; the file has at least this descriptor's reference.
    unsafe files[place].references -= 1
    guard unsafe files[place].references == 0 else { return nil }
    let text = unsafe files[place].text
    unsafe files[place].text = nil
    return text
  }

  /// Makes the lowest free descriptor in `lowest ..< end` refer to the open file of `descriptor`.
  ///
  /// - Returns: the new descriptor.
  /// - Throws: `badDescriptor`, `invalid` unless `lowest` is below `end`, `tooManyFiles`.
  @inline(never)
  func duplicate(
    _ descriptor: UInt32, from lowest: UInt32, closesOnExec: Bool, below end: Int
  ) throws(Errno) -> UInt32 {
    let place = try fileIndex(descriptor)
    guard lowest < UInt32(end) else { throw .invalid }
    let number = try freeDescriptor(from: Int(lowest), below: end)
    link(number, to: place, closesOnExec)
    return UInt32(number)
  }

  /// Makes `other` refer to the open file of `descriptor`, closing `other` first if it is open.
  ///
  /// - Returns: the frame of the text that the close left; the caller must release it.
  /// - Throws: `badDescriptor`, also if `other` is not below `end`.
  func duplicate(
    _ descriptor: UInt32, to other: UInt32, closesOnExec: Bool, below end: Int
  ) throws(Errno) -> PhysicalFrame? {
    let place = try fileIndex(descriptor)
    guard other < UInt32(end) else { throw .badDescriptor }
    let text = entry(Int(other)).file != 0 ? try close(other) : nil
    link(Int(other), to: place, closesOnExec)
    return text
  }

  private func link(_ number: Int, to place: Int, _ closesOnExec: Bool) {
    // SAFETY: the caller's index is below the limit.
    unsafe files[place].references += 1
    set(number, Descriptor(file: UInt8(place + 1), closesOnExec: closesOnExec))
  }

  private func freeDescriptor(from lowest: Int, below end: Int) throws(Errno) -> Int {
    for number in 0..<end where number >= lowest && entry(number).file == 0 { return number }
    throw .tooManyFiles
  }

  private func fileIndex(_ descriptor: UInt32) throws(Errno) -> Int {
    guard descriptor < UInt32(FileTable.limit) else { throw .badDescriptor }
    let place = entry(Int(descriptor)).file
    guard place != 0 else { throw .badDescriptor }
    return Int(place) - 1
  }

  private func entry(_ number: Int) -> Descriptor {
    precondition(number >= 0 && number < FileTable.limit)
    // SAFETY: the precondition keeps the index below the limit.
    return unsafe descriptors[number]
  }

  private func set(_ number: Int, _ descriptor: Descriptor) {
    precondition(number >= 0 && number < FileTable.limit)
    // SAFETY: the precondition keeps the index below the limit.
    unsafe descriptors[number] = descriptor
  }
}
