// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// The texts about memory, in Linux' formats (fs/proc/task_mmu.c, meminfo.c; mm/vmstat.c).
extension Proc {
  /// Writes a record for each region of a process, up to the one that does not fit, with a
  /// preemption point after each. A record is identified by the address of its region: when a region
  /// is unmapped, the later ones keep their addresses. The text ends when the process does.
  static func forEachRegion(
    of process: ProcessID, _ window: inout TextWindow, _ write: (Region, inout TextWindow) -> Void
  ) {
    var position = UserAddress(window.first)
    while !window.hasMore, let memory = P.memory(of: process),
      let region = memory.space.region(endingAbove: position)
    {
      position = region.end
      guard region.base.word >= window.first else { continue }
      write(region, &window)
      window.endRecord(next: region.end.word)
      if P.mustEnd() { return }
    }
  }

  /// The resident memory of a region, with preemption points.
  private static func residency(of region: Region, in process: ProcessID) -> RegionResidency {
    var result = RegionResidency()
    var position = region.base
    while let memory = P.memory(of: process),
      memory.space.addResidency(of: region, from: &position, to: &result)
    {
      if P.mustEnd() { break }
    }
    return result
  }

  /// The sizes of a process's memory, with preemption points; nil if it has none.
  static func sizes(of process: ProcessID, countsShared: Bool) -> MemorySizes? {
    guard let nodes = P.nodes(of: process) else { return nil }
    let file = nodes.executable.system == .tree ? nodes.executable.index : nil
    var sizes = MemorySizes()
    var position: UserAddress = 0
    while let memory = P.memory(of: process),
      let region = memory.space.region(endingAbove: position)
    {
      position = region.end
      sizes.add(region, executable: file)
      if countsShared {
        sizes.shared &+= residency(of: region, in: process).shared  // Wrapping: a statistic.
      }
      if P.mustEnd() { break }
    }
    guard let memory = P.memory(of: process) else { return nil }
    sizes.resident = memory.space.residentCount
    return sizes
  }

  /// A part of a process's memory that execve has filled: its arguments, its environment or its
  /// auxiliary vector. Pages that are not present are faulted in; the text ends at a page that the
  /// process has unmapped, or when the process does. A preemption point after each 256 bytes.
  static func describeStrings(
    of process: ProcessID, to window: inout TextWindow,
    _ part: (ProgramStrings) -> Range<UserAddress>
  ) {
    var bytes = InlineArray<256, UInt8>(repeating: 0)
    while !window.hasMore, let memory = P.memory(of: process) {
      let range = part(memory.strings)
      let position = max(range.lowerBound, UserAddress(window.next))
      guard position < range.upperBound else { return }
      let count = min(bytes.count, Int(range.upperBound.word - position.word))
      var span = bytes.mutableSpan
      // SAFETY: any bits are bytes.
      var all = unsafe span.mutableBytes
      var piece = all._mutatingExtracting(first: count)
      do throws(MemoryError) { try memory.space.read(from: position, into: &piece) } catch {
        return
      }
      window.bytes(bytes.span.extracting(first: count))
      window.endRecord(next: position.word + Word(count))
      if P.mustEnd() { return }
    }
  }

  /// A line of /proc/PID/maps, with preemption points. The name starts in column 50; a line without
  /// a name ends with a space.
  static func describe(_ region: Region, to window: inout TextWindow) {
    let start = window.length
    var node: FileNode?
    if case .file(let path) = region.name { node = FileNode(.tree, UInt32(path)) }
    // It is kept, because another thread may unmap and remove it at a preemption point.
    if let node { Files<P>.retain(node) }
    defer { if let node { Files<P>.release(node) } }
    _ = P.mustEnd()  // A preemption point.
    window.hexadecimal(region.base.word)
    window.text("-")
    window.hexadecimal(region.end.word)
    window.text(region.permissions.contains(.read) ? " r" : " -")
    window.text(region.permissions.contains(.write) ? "w" : "-")
    window.text(region.permissions.contains(.execute) ? "x" : "-")
    window.text(region.traits.contains(.shared) ? "s " : "p ")
    _ = P.mustEnd()  // A preemption point.
    guard let node else {
      window.text("00000000 00:00 0 ")
      describeName(region.name, from: start, to: &window)
      window.text("\n")
      return
    }
    if let name = Kits<P>.name(ofPages: node) {
      window.text("00000000 00:00 0 ")
      pad(from: start, to: &window)
      window.text("[kit:")
      name.write(to: &window)
      return window.text("]\n")
    }
    let status = Files<P>.status(node)
    window.hexadecimal(UInt64(region.pageOffset) << UInt64(Page.shift))
    window.text(" 00:")
    window.hexadecimal(status.deviceMinor, width: 2)
    window.text(" ")
    window.decimal(UInt64(status.inode))
    window.text(" ")
    pad(from: start, to: &window)
    _ = P.mustEnd()  // A preemption point.
    Files<P>.writePath(of: node, to: &window)
    window.text("\n")
  }

  private static func describeName(
    _ name: RegionName, from start: UInt64, to window: inout TextWindow
  ) {
    let text: StaticString
    switch name {
    case .heap: text = "[heap]"
    case .stack: text = "[stack]"
    case .vdso: text = "[vdso]"
    case .vvar: text = "[vvar]"
    case .anonymous, .file: return
    }
    pad(from: start, to: &window)
    window.text(text)
  }

  private static func pad(from start: UInt64, to window: inout TextWindow) {
    while window.length < start + 48 { window.text(" ") }
    window.text(" ")
  }

  /// A region in /proc/PID/smaps. All its pages count as dirty, because none can be dropped and
  /// read again.
  @inline(never)
  static func describeDetails(
    _ region: Region, of process: ProcessID, to window: inout TextWindow
  ) {
    describe(region, to: &window)
    _ = P.mustEnd()  // A preemption point.
    let pages = residency(of: region, in: process)
    let size = Page.size / 1024
    let (resident, shared) = (Word(pages.resident), Word(pages.shared))
    line("Size:           ", kibibytes: region.byteCount / 1024, to: &window)
    line("KernelPageSize: ", kibibytes: size, to: &window)
    line("MMUPageSize:    ", kibibytes: size, to: &window)
    line("Rss:            ", kibibytes: resident * size, to: &window)
    line("Pss:            ", kibibytes: pages.proportionalBytes / 1024, to: &window)
    line("Shared_Clean:   ", kibibytes: 0, to: &window)
    line("Shared_Dirty:   ", kibibytes: shared * size, to: &window)
    line("Private_Clean:  ", kibibytes: 0, to: &window)
    line("Private_Dirty:  ", kibibytes: (resident - shared) * size, to: &window)
    line("Referenced:     ", kibibytes: resident * size, to: &window)
    line("Anonymous:      ", kibibytes: resident * size, to: &window)
    line("Swap:           ", kibibytes: 0, to: &window)
    line("Locked:         ", kibibytes: 0, to: &window)
    _ = P.mustEnd()  // A preemption point.
    window.text("VmFlags: ")
    flag("rd ", region.permissions.contains(.read), to: &window)
    flag("wr ", region.permissions.contains(.write), to: &window)
    flag("ex ", region.permissions.contains(.execute), to: &window)
    flag("sh ", region.traits.contains(.shared), to: &window)
    flag("mr ", region.maximum.contains(.read), to: &window)
    flag("mw ", region.maximum.contains(.write), to: &window)
    flag("me ", region.maximum.contains(.execute), to: &window)
    flag("gd ", region.traits.contains(.growsDown), to: &window)
    flag("dc ", region.traits.contains(.excludedFromFork), to: &window)
    flag("nr ", region.traits.contains(.noReserve), to: &window)
    flag("wf ", region.traits.contains(.wipedByFork), to: &window)
    flag("sl ", region.traits.contains(.sealed), to: &window)
    window.text("\n")
  }

  private static func flag(_ text: StaticString, _ isSet: Bool, to window: inout TextWindow) {
    if isSet { window.text(text) }
  }

  /// /proc/PID/statm: the pages of all regions, those in memory, the shared ones, those of the
  /// code, 0, the writable ones, 0. All are 0 for a zombie.
  @inline(never)
  static func describePages(of process: ProcessID, to window: inout TextWindow) {
    let sizes = sizes(of: process, countsShared: true) ?? MemorySizes()
    let numbers: InlineArray<7, UInt32> = [
      sizes.total, sizes.resident, sizes.shared, sizes.text, 0, sizes.data, 0,
    ]
    for index in numbers.indices {
      if index > 0 { window.text(" ") }
      window.decimal(UInt64(numbers[index]))
    }
    window.text("\n")
  }

  /// /proc/meminfo: the lines that programs read. The pages of files are cached and shared, as
  /// those of Linux's tmpfs. A page that several processes share counts for each. Nothing is
  /// buffered or swapped, and the kernel's own memory is not told apart.
  static func describeMemory(to window: inout TextWindow) {
    P.reclaimTasks()
    let pool = P.memory.space.pool
    let free = Word(pool.freeCount) * 4
    let files = Word(FileTree<P>.pageCount) * 4
    var resident: UInt32 = 0
    P.forEachSpace { resident &+= $0.residentCount }  // Wrapping: a statistic.
    let total = Word(pool.totalCount) * 4
    line("MemTotal:       ", kibibytes: total, to: &window)
    line("MemFree:        ", kibibytes: free, to: &window)
    line("MemAvailable:   ", kibibytes: free, to: &window)
    line("Buffers:        ", kibibytes: 0, to: &window)
    line("Cached:         ", kibibytes: files, to: &window)
    line("SwapCached:     ", kibibytes: 0, to: &window)
    line("Active:         ", kibibytes: Word(resident) * 4 + files, to: &window)
    line("Inactive:       ", kibibytes: 0, to: &window)
    line("Active(anon):   ", kibibytes: Word(resident) * 4 + files, to: &window)
    line("Inactive(anon): ", kibibytes: 0, to: &window)
    line("Active(file):   ", kibibytes: 0, to: &window)
    line("Inactive(file): ", kibibytes: 0, to: &window)
    line("Unevictable:    ", kibibytes: 0, to: &window)
    line("Mlocked:        ", kibibytes: 0, to: &window)
    line("SwapTotal:      ", kibibytes: 0, to: &window)
    line("SwapFree:       ", kibibytes: 0, to: &window)
    line("Dirty:          ", kibibytes: 0, to: &window)
    line("Writeback:      ", kibibytes: 0, to: &window)
    line("AnonPages:      ", kibibytes: Word(resident) * 4, to: &window)
    line("Mapped:         ", kibibytes: 0, to: &window)
    line("Shmem:          ", kibibytes: files, to: &window)
    line("KReclaimable:   ", kibibytes: 0, to: &window)
    line("Slab:           ", kibibytes: 0, to: &window)
    line("SReclaimable:   ", kibibytes: 0, to: &window)
    line("SUnreclaim:     ", kibibytes: 0, to: &window)
    line("CommitLimit:    ", kibibytes: total / 2, to: &window)
    line("Committed_AS:   ", kibibytes: Word(resident) * 4, to: &window)
  }

  /// /proc/buddyinfo: the numbers of free blocks of 1, 2, 4, … 1,024 frames.
  @inline(never)
  static func describeFreeBlocks(to window: inout TextWindow) {
    let blocks = P.memory.space.pool.statistics.freeBlocks
    window.text("Node 0, zone   Normal ")
    for order in blocks.indices {
      window.rightAligned(UInt64(blocks[order]), width: 6)
      window.text(" ")
    }
    window.text("\n")
  }

  /// Writes a line. A preemption point.
  @inline(never)
  private static func line(_ name: StaticString, kibibytes: Word, to window: inout TextWindow) {
    _ = P.mustEnd()
    window.text(name)
    window.rightAligned(UInt64(kibibytes), width: 8)
    window.text(" kB\n")
  }
}
