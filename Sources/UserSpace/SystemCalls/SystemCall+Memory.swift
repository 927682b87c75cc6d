// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Calls on address spaces: brk, mmap2, munmap, mprotect, mremap.
extension SystemCall {
  /// brk: sets the end of the heap and returns it; 0 asks for the current end.
  @inline(__always)
  func setBreak() throws(Errno) -> Word {
    let end = address(0)
    try process.pointee.memory.awaitChange()
    let oldEnd = process.pointee.space.heapLimit
    if end < oldEnd { try lockFiles(from: end, length: oldEnd.word - end.word) }
    try process.pointee.memory.awaitChange()
    let heapEnd = process.pointee.space.heapLimit
    let old = Page.roundedUp(heapEnd.word)
    let new = Page.roundedUp(end.word)
    // As in Linux, an end that is not possible changes nothing and returns the current end.
    if new > old, (try? checkSpace(growsBy: new - old)) == nil {
      return heapEnd.word
    }
    return try changeSpace { (space) throws(MemoryError) in space.beginBreak(to: end) }
  }

  /// munmap: the address, the length.
  @inline(__always)
  func unmap() throws(Errno) -> Word {
    let (base, length) = (address(0), word(1))
    try lockFiles(from: base, length: length)
    return try changeSpace { (space) throws(MemoryError) in
      try space.beginUnmap(base, length: length)
    }
  }

  /// mprotect: the address, the length, the permissions. PROT_SEM is ignored; PROT_GROWSDOWN and
  /// PROT_GROWSUP are refused.
  @inline(__always)
  func protect() throws(Errno) -> Word {
    let (base, length) = (address(0), word(1))
    guard argument(2) & ~15 == 0 else { throw .invalid }
    let permissions = SystemCall.permissions(argument(2))
    try lockFiles(from: base, length: length)
    return try changeSpace { (space) throws(MemoryError) in
      try space.beginProtect(base, length: length, permissions)
    }
  }

  /// mremap: the address, the old and the new length, flags (MREMAP_MAYMOVE, MREMAP_FIXED,
  /// MREMAP_DONTUNMAP), the new address.
  @inline(__always)
  func remap() throws(Errno) -> Word {
    let (base, oldLength, newLength, flags) = (address(0), word(1), word(2), argument(3))
    let (mayMove, isFixed, keepsOld) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
    guard flags & ~7 == 0, mayMove || !isFixed && !keepsOld, !keepsOld || oldLength == newLength,
      !isFixed || address(4) >= P.ABI.lowestMapping
    else { throw .invalid }
    let (old, new) = (keepsOld ? 0 : Page.roundedUp(oldLength), Page.roundedUp(newLength))
    try process.pointee.memory.awaitChange()
    if new > old { try checkSpace(growsBy: new - old) }
    let destination: RemapDestination =
      isFixed ? .fixed(address(4)) : mayMove ? .anywhere : .inPlace
    return try changeSpace { (space) throws(MemoryError) in
      try space.beginRemap(
        base, oldLength: oldLength, newLength: newLength, to: destination, keepsOld: keepsOld)
    }
  }

  /// mmap: the address, the length, permissions, flags, a descriptor, the offset. Maps anonymous
  /// memory or a file.
  @inline(__always)
  func map() throws(Errno) -> Word {
    let isAnonymous = argument(3) & 0x20 != 0
    if !isAnonymous { P.enterKernel() }
    let mapped = isAnonymous ? nil : try mappedFile()
    if let mapped, case .kit = mapped.mapping { return try mapKit(mapped.reference) }
    let kind = argument(3) & 0xf
    guard let offset = P.ABI.mappedPage(frame.pointee), word(1) != 0, kind >= 1,
      kind <= (isAnonymous ? 2 : 3),
      !isAnonymous || argument(3) & 0x4_0000 == 0
    else { throw .invalid }  // MAP_HUGETLB: as Linux without huge pages.
    guard argument(3) & 0x10_0010 == 0 || address(0) >= P.ABI.lowestMapping else { throw .invalid }
    guard Page.roundedUp(word(1)) != 0 else { throw .outOfMemory }
    guard !offset.addingReportingOverflow(Page.count(Page.roundedUp(word(1)))).overflow
    else {
      throw .overflow
    }
    let placement: MapRequest.Placement =
      if argument(3) & 0x10_0000 != 0 {
        .fixedNoReplace(address(0))
      } else if argument(3) & 0x10 != 0 {
        .fixed(address(0))
      } else {
        .anywhere(hint: address(0))
      }
    var request = MapRequest(
      placement, length: word(1), permissions: SystemCall.permissions(argument(2)))
    if argument(3) & 0x4000 != 0 { request.traits = .noReserve }
    let isShared = kind != 2
    // A shared mapping is writable only if the file was opened for writing, which works for
    // /dev/zero.
    if isShared, let mapped, !mapped.reference.file.mayWrite {
      guard !request.permissions.contains(.write) else { throw .accessDenied }
      request.maximum = [.read, .execute]
    }
    guard let mapped, case .file = mapped.mapping else {
      return try mapAnonymous(request, isShared: isShared)
    }
    request.name = .file(path: UInt16(mapped.reference.file.node.index))
    request.pageOffset = offset
    if isShared { request.traits.insert(.shared) }
    // The mapping may wait for another thread's change, and that thread may close the file.
    let node = mapped.reference.file.node
    Files<P>.retain(node)
    defer { Files<P>.release(node) }
    guard isShared, request.maximum.contains(.write) else { return try place(request) }
    try process.pointee.memory.awaitChange()  // No seal comes after this look.
    let inode = FileTree<P>.inode(node)
    guard inode.pointee.seals.isDisjoint(with: .anyWriting) else {
      guard !request.permissions.contains(.write) else { throw .notPermitted }
      request.maximum = [.read, .execute]
      return try place(request)
    }
    inode.pointee.writers += 1  // No seal comes before the region counts.
    defer { inode.pointee.writers -= 1 }
    return try place(request)
  }

  /// Maps anonymous memory. MAP_GROWSDOWN has an effect here only.
  @inline(__always)
  private func mapAnonymous(_ plain: MapRequest, isShared: Bool) throws(Errno) -> Word {
    var request = plain
    if isShared {
      request.traits.formUnion([.shared, .unmergeable])
    } else if argument(3) & 0x100 != 0 {
      request.traits.insert(.growsDown)
    }
    return try place(request)
  }

  /// Makes the region of a request. As in Linux, pages that MAP_POPULATE cannot make are made by
  /// the first access.
  @inline(never)
  private func place(_ wanted: MapRequest) throws(Errno) -> Word {
    if case .fixed(let base) = wanted.placement {
      try lockFiles(from: base, length: wanted.length)
    }
    try process.pointee.memory.awaitChange()
    try checkSpace(of: wanted)
    let base = try changeSpace { (space) throws(MemoryError) in try space.beginMap(wanted) }
    if argument(3) & 0x8000 != 0 { populate(base, wanted) }
    return base
  }

  /// Maps frames for the new mapping at `base`, up to the first page for which that fails.
  @inline(never)
  private func populate(_ base: Word, _ request: MapRequest) {
    guard let range = UserRange(base: UserAddress(base), count: Page.roundedUp(request.length))
    else { return }
    _ = try? changeSpace { (space) throws(MemoryError) in space.beginPopulate(range) }
  }

  /// Checks that the process may have the memory of `request`, without what a mapping at a fixed
  /// address replaces.
  ///
  /// - Throws: `outOfMemory`.
  private func checkSpace(of request: MapRequest) throws(Errno) {
    let length = Page.roundedUp(request.length)
    var hole: Range<UserAddress>?
    if case .fixed(let base) = request.placement {
      guard let range = UserRange(base: base, count: length) else { return }
      hole = range.base..<range.end
    }
    try checkSpace(growsBy: length, replacing: hole)
  }

  /// The open file of the descriptor in argument 4, and what can be mapped of it.
  ///
  /// - Throws: `badDescriptor`, `accessDenied`, `noDevice`.
  private func mappedFile() throws(Errno) -> (reference: FileReference, mapping: FileMapping) {
    let reference = try files.file(argument(4))
    guard reference.file.mayRead else { throw .accessDenied }
    let mapping = Files<P>.mapping(of: reference.file.node)
    if case .none = mapping { throw .noDevice }
    return (reference, mapping)
  }

  /// PROT_READ, PROT_WRITE and PROT_EXEC; mmap ignores other bits, as in Linux.
  private static func permissions(_ bits: UInt32) -> Permissions {
    Permissions(rawValue: UInt8(truncatingIfNeeded: bits & 7))
  }
}
