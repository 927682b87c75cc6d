import VmRegion

/// brk, mmap2, munmap, mprotect, madvise.
extension SystemCall {
  /// brk: the end of the heap afterwards; 0 asks for it.
  @inline(never)
  func setBreak() throws(Errno) -> UInt32 {
    let end = r0
    return try withSpace { (space) throws(MemoryError) in space.setBreak(to: end) }
  }

  /// munmap.
  @inline(never)
  func unmap() throws(Errno) -> UInt32 {
    let (base, length) = (r0, r1)
    try withSpace { (space) throws(MemoryError) in try space.unmap(base, length: length) }
    return 0
  }

  /// mprotect. PROT_SEM says nothing on ARM; PROT_GROWSDOWN and PROT_GROWSUP are refused.
  @inline(never)
  func protect() throws(Errno) -> UInt32 {
    let (base, length) = (r0, r1)
    guard r2 & ~0xf == 0 else { throw .invalid }
    let permissions = SystemCall.permissions(r2)
    try withSpace { (space) throws(MemoryError) in
      try space.protect(base, length: length, permissions)
    }
    return 0
  }

  /// madvise: MADV_DONTNEED gives the pages back; what is only a hint is taken.
  @inline(never)
  func advise() throws(Errno) -> UInt32 {
    let (base, length) = (r0, r1)
    switch r2 {
    case 4:
      try withSpace { (space) throws(MemoryError) in try space.discard(base, length: length) }
    case 0...3, 8, 10, 11, 14...21: try checkMapped(base, length)
    default: throw .invalid
    }
    return 0
  }

  /// Takes a hint for what is mapped without a hole.
  private func checkMapped(_ base: UInt32, _ length: UInt32) throws(Errno) {
    let (end, hasWrapped) = base.addingReportingOverflow(Page.roundedUp(length))
    guard Page.isAligned(base), length == 0 || Page.roundedUp(length) != 0, !hasWrapped else {
      throw .invalid
    }
    var place = base
    while place < end {
      // SAFETY: the process outlives the call.
      guard let region = unsafe process.pointee.space.region(at: place) else {
        throw .outOfMemory
      }
      place = region.end
    }
  }

  /// mmap2: anonymous memory, or a copy of a file. What nobody else can see or change needs no
  /// difference between shared and private: files are read-only, and there is one process.
  @inline(never)
  func map() throws(Errno) -> UInt32 {
    let isAnonymous = r3 & 0x20 != 0
    let file = isAnonymous ? nil : try mappedFile()
    let kind = r3 & 0xf
    guard r1 != 0, kind >= 1, kind <= 3 else { throw .invalid }
    // ARM's own lowest address; the kernel's is higher and answers EPERM.
    guard r3 & 0x10_0010 == 0 || r0 >= 0x2000 else { throw .invalid }
    let placement: MapRequest.Placement =
      if r3 & 0x10_0000 != 0 {
        .fixedNoReplace(r0)
      } else if r3 & 0x10 != 0 {
        .fixed(r0)
      } else {
        .anywhere(hint: r0)
      }
    var request = MapRequest(placement, length: r1, permissions: SystemCall.permissions(r2))
    if r3 & 0x4000 != 0 { request.traits = .noReserve }
    guard let file, let contents = P.files.contents(file.node) else {
      return try withSpace { (space) throws(MemoryError) in try space.map(request) }
    }
    let isShared = kind != 2
    guard r5 &+ r1 >> Page.shift >= r5 else { throw .overflow }
    if isShared, request.permissions.contains(.write) { throw .accessDenied }
    if isShared { request.maximum = [.read, .execute] }
    request.name = .file(path: P.files.pathIndex(of: file.node))
    request.pageOffset = r5
    return try mapFile(request, P.files.bytes(contents))
  }

  /// The open file that descriptor r4 names, if its kind can be mapped.
  private func mappedFile() throws(Errno) -> OpenFile {
    let file = try files.file(r4)
    guard file.mayRead else { throw .accessDenied }
    guard file.node.kind == .zero || P.files.contents(file.node) != nil else { throw .noDevice }
    return file
  }

  private func mapFile(_ request: MapRequest, _ bytes: RawSpan) throws(Errno) -> UInt32 {
    // In 64 bits: the offset is in pages. What lies behind the end of the file is zeros.
    let offset = UInt64(request.pageOffset) << UInt64(Page.shift)
    let start = Int(min(offset, UInt64(bytes.byteCount)))
    let piece = bytes.extracting(start..<bytes.byteCount)
    return try withSpace { (space) throws(MemoryError) in
      try space.mapFilled(request) { (page, frame) throws(MemoryError) in
        ImageMapper.fill(&frame, page: page, from: piece, startingAt: 0)
      }
    }
  }

  /// PROT_READ, PROT_WRITE and PROT_EXEC; other bits are passed over, as mmap does.
  private static func permissions(_ bits: UInt32) -> Permissions {
    Permissions(rawValue: UInt8(truncatingIfNeeded: bits & 7))
  }
}
