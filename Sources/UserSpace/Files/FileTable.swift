// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// The open files of a process. A handle to its descriptors, each of which has a reference to an
/// open file of `OpenFiles`. The kernel lock serialises accesses.
struct FileTable<P: FilePlatform> {
  /// The descriptors below 64.
  let descriptors: RecordTable<Descriptor>
  /// Those above.
  let further: RecordReference<DescriptorFrames>

  /// A table of 64 descriptors, which `clear` or `copy` must initialise, and of further ones.
  init(_ descriptors: RecordTable<Descriptor>, _ further: RecordReference<DescriptorFrames>) {
    self.descriptors = descriptors
    self.further = further
  }

  /// Initialises the table with no open files.
  func clear() {
    descriptors.clear()
    further.pointee = DescriptorFrames()
  }

  /// The number of descriptors that there is room for.
  var capacity: Int { further.pointee.capacity }

  /// The descriptor of this number; a closed one if there is no room for it.
  @inline(__always)
  subscript(descriptor: UInt32) -> Descriptor {
    descriptor < UInt32(DescriptorFrames.groupSize)
      ? descriptors[Int(descriptor)] : furtherDescriptor(descriptor)
  }

  /// The open descriptor of this number.
  ///
  /// - Throws: `badDescriptor`.
  @inline(__always)
  private func entry(_ descriptor: UInt32) throws(Errno) -> (Descriptor, file: UInt16) {
    let entry = self[descriptor]
    guard let file = entry.file else { throw .badDescriptor }
    return (entry, file)
  }

  /// The lowest closed descriptor in `lowest ..< end`, for which there is room then.
  ///
  /// - Throws: `tooManyFiles`, `outOfMemory`.
  private func lowestClosed(from lowest: UInt32, below end: Int) throws(Errno) -> UInt32 {
    let number = further.pointee.lowest(from: Int(lowest), isOpen: false)
    guard number < end else { throw .tooManyFiles }
    guard number < DescriptorFrames.groupSize else {
      return try lowestFurtherClosed(from: number, below: end)
    }
    return UInt32(number)
  }

  /// Sets a descriptor that there is room for.
  @inline(never)
  func set(_ descriptor: UInt32, _ value: Descriptor) {
    guard descriptor < UInt32(DescriptorFrames.groupSize) else {
      return further.pointee.set(Int(descriptor), value, in: P.Memory.self)
    }
    descriptors[Int(descriptor)] = value
    further.pointee.note(descriptor, isOpen: value.isOpen)
  }

  /// Opens `node` at the lowest free descriptor below `end`.
  ///
  /// - Returns: the descriptor.
  /// - Throws: `tooManyFiles`, `fileTableFull`, `outOfMemory`.
  func open(
    _ node: FileNode, flags: UInt32, closesOnExec: Bool, below end: Int
  ) throws(Errno) -> UInt32 {
    let number = try lowestClosed(from: 0, below: end)
    let file = try P.openFiles.open(node, flags: flags, P.memory.space.pool)
    Files<P>.retain(node)
    set(number, Descriptor(file, closesOnExec: closesOnExec))
    return number
  }

  /// Opens `node` as `open` does. Before a descriptor refers to the open file, `prepare` may block;
  /// if it throws, the file is closed.
  ///
  /// - Throws: `tooManyFiles`, `fileTableFull`, and what `prepare` throws.
  func open(
    _ node: FileNode, flags: UInt32, closesOnExec: Bool, below end: Int,
    prepare: (FileReference) throws(Errno) -> Void
  ) throws(Errno) -> UInt32 {
    _ = try lowestClosed(from: 0, below: end)
    let file = try P.openFiles.open(node, flags: flags, P.memory.space.pool)
    Files<P>.retain(node)
    do throws(Errno) {
      try prepare(FileReference(P.openFiles, file))
      let number = try lowestClosed(from: 0, below: end)
      set(number, Descriptor(file, closesOnExec: closesOnExec))
      return number
    } catch {
      Self.release(file)
      throw error
    }
  }

  /// Calls `body` with the open file of `descriptor`. A reference keeps the file open until `body`
  /// returns, also if another thread closes the descriptor meanwhile.
  ///
  /// - Throws: `badDescriptor`, and what `body` throws.
  @inline(__always)
  func with<Result>(
    _ descriptor: UInt32, _ body: (FileReference) throws(Errno) -> Result
  ) throws(Errno) -> Result {
    let file = try entry(descriptor).file
    let reference = FileReference(P.openFiles, file)
    guard !reference.file.isPathOnly else { throw .badDescriptor }
    reference.retain()
    defer { Self.release(file, reference) }
    return try body(reference)
  }

  /// Releases a reference to an open file; the last one closes the file.
  @inline(__always)
  static func release(_ file: UInt16) { release(file, FileReference(P.openFiles, file)) }

  @inline(__always)
  private static func release(_ number: UInt16, _ file: FileReference) {
    if file.release() { close(number, file) }
  }

  @inline(never)
  private static func close(_ number: UInt16, _ file: FileReference) {
    var count = 0
    while let item = file.file.items {
      EventPolls<P>.remove(item)
      count += 1
      if count % 8 == 0 { _ = P.mustEnd() }  // A preemption point.
    }
    if Watches<P>.areWatched(.close) { Watches<P>.reportClose(file) }
    Files<P>.closed(file)
    FileLocks<P>.release(file)
    if file.file.hasRangeLocks { RangeLocks<P>.closed(number) }
    let node = file.file.node
    P.openFiles.free(number, P.memory.space.pool)
    Files<P>.release(node)
  }

  /// The number of the open file of `descriptor`; nil if the descriptor is closed.
  @inline(__always)
  func number(of descriptor: UInt32) -> UInt16? {
    self[descriptor].file
  }

  /// The open file of `descriptor`, for a use that neither blocks nor accesses user memory.
  ///
  /// - Throws: `badDescriptor`, also for one that was opened with O_PATH.
  @inline(never)
  func file(_ descriptor: UInt32) throws(Errno) -> FileReference {
    let reference = FileReference(P.openFiles, try entry(descriptor).file)
    guard !reference.file.isPathOnly else { throw .badDescriptor }
    return reference
  }

  /// The node of the open file of `descriptor`.
  ///
  /// - Throws: `badDescriptor`.
  func node(of descriptor: UInt32) throws(Errno) -> FileNode {
    P.openFiles[try entry(descriptor).file].node
  }

  /// The flags of the open file of `descriptor`.
  ///
  /// - Throws: `badDescriptor`.
  func flags(of descriptor: UInt32) throws(Errno) -> UInt32 {
    P.openFiles[try entry(descriptor).file].flags
  }

  /// Whether `descriptor` is open.
  @inline(never)
  func isOpen(_ descriptor: UInt32) -> Bool { (try? entry(descriptor)) != nil }

  /// Whether exec closes `descriptor`.
  ///
  /// - Throws: `badDescriptor`.
  func closesOnExec(_ descriptor: UInt32) throws(Errno) -> Bool {
    try entry(descriptor).0.closesOnExec
  }

  /// Sets whether exec closes `descriptor`.
  ///
  /// - Throws: `badDescriptor`.
  func setClosesOnExec(_ descriptor: UInt32, _ value: Bool) throws(Errno) {
    set(descriptor, Descriptor(try entry(descriptor).file, closesOnExec: value))
  }

  /// Closes `descriptor`.
  ///
  /// - Throws: `badDescriptor`.
  @inline(never)
  func close(_ descriptor: UInt32) throws(Errno) {
    let file = try entry(descriptor).file
    set(descriptor, Descriptor())
    if further.pointee.hasRangeLocks { RangeLocks<P>.closedByProcess(file) }
    Self.release(file)
  }

  /// Closes all descriptors and frees the memory of those from 64 on, or closes only those that exec
  /// closes. A preemption point after each, and after each 16 that stay open. The process must still
  /// have its memory, and no other thread.
  @inline(never)
  func closeAll(forExec: Bool) {
    var next: UInt32 = 0
    while let number = firstOpen(from: next) {
      next = number + 1
      let closes = !forExec || self[number].closesOnExec
      if closes { try? close(number) }
      if closes || number & 15 == 0 { _ = P.mustEnd() }  // A preemption point.
    }
    if !forExec { further.pointee.free(P.memory.space.pool) }
  }

  /// Makes the lowest free descriptor in `lowest ..< end` refer to the open file of `descriptor`.
  ///
  /// - Returns: the new descriptor.
  /// - Throws: `badDescriptor`, `invalid` unless `lowest` is below `end`, `tooManyFiles`.
  @inline(never)
  func duplicate(
    _ descriptor: UInt32, from lowest: UInt32, closesOnExec: Bool, below end: Int
  ) throws(Errno) -> UInt32 {
    let file = try entry(descriptor).file
    guard lowest < UInt32(end) else { throw .invalid }
    let number = try lowestClosed(from: lowest, below: end)
    link(number, to: file, closesOnExec)
    return number
  }

  /// Makes the lowest free descriptor below `end`, which exec closes, refer to an open file of this
  /// number.
  ///
  /// - Returns: the new descriptor.
  /// - Throws: `tooManyFiles`, `outOfMemory`.
  @inline(never)
  func add(_ file: UInt16, below end: Int) throws(Errno) -> UInt32 {
    let number = try lowestClosed(from: 0, below: end)
    link(number, to: file, true)
    return number
  }

  /// Makes `other` refer to the open file of `descriptor`, closing `other` first if it is open.
  ///
  /// - Throws: `badDescriptor`, also if `other` is not below `end`; `outOfMemory`.
  func duplicate(
    _ descriptor: UInt32, to other: UInt32, closesOnExec: Bool, below end: Int
  ) throws(Errno) {
    let file = try entry(descriptor).file
    guard other < UInt32(end) else { throw .badDescriptor }
    try makeRoom(for: other)
    // The close has preemption points: another thread may close `descriptor` and open `other`.
    P.openFiles.retain(file)
    while isOpen(other) { try? close(other) }
    set(other, Descriptor(file, closesOnExec: closesOnExec))
  }

  private func link(_ descriptor: UInt32, to file: UInt16, _ closesOnExec: Bool) {
    P.openFiles.retain(file)
    set(descriptor, Descriptor(file, closesOnExec: closesOnExec))
  }
}
