// SPDX-License-Identifier: Apache-2.0
/// Name lookup: from a name in a directory to its node, and from a node to its name and parent.
extension RootFiles {
  /// The name of a fixed member of a virtual directory; empty for nodes whose name is not fixed.
  static func virtualName(_ kind: FileNode.Kind) -> StaticString {
    switch kind {
    case .root, .archived, .process: ""
    case .program: "init"
    case .devices: "dev"
    case .console: "console"
    case .terminal: "tty"
    case .null: "null"
    case .zero: "zero"
    case .random: "random"
    case .urandom: "urandom"
    case .processes: "proc"
    case .selfLink: "self"
    case .commandLine: "cmdline"
    case .memoryInfo: "meminfo"
    case .uptime: "uptime"
    case .vdso: "vdso"
    case .vdsoImage: "vdso.so"
    case .buddyInfo: "buddyinfo"
    case .tasks: "tasks"
    case .processorInfo: "cpuinfo"
    case .interrupts: "interrupts"
    case .processors: "cpu"
    case .alignment: "alignment"
    case .locks: "locks"
    case .trace: "trace"
    case .maps: "maps"
    case .memoryMap: "smaps"
    case .memorySize: "statm"
    case .counters: "counters"
    case .executableLink: "exe"
    }
  }

  /// The `number`-th fixed member of a directory; nil after the last.
  func virtualMember(of directory: FileNode, _ number: Int) -> FileNode? {
    switch directory.kind {
    case .root:
      switch number {
      case 0: return FileNode(.devices)
      case 1: return FileNode(.processes)
      case 2: return source == .program ? FileNode(.program) : nil
      default: return nil
      }
    case .devices: return member(number, from: .console, to: .urandom, 0)
    case .processes: return member(number, from: .selfLink, to: Self.lastOfKernel, 0)
    case .processors: return member(number, from: .alignment, to: .alignment, 0)
    case .process: return member(number, from: .maps, to: .executableLink, directory.index)
    default: return nil
    }
  }

  /// The last file of /proc itself: only debug builds record what /proc/trace shows.
  private static var lastOfKernel: FileNode.Kind {
    #if DEBUG
      .trace
    #else
      .locks
    #endif
  }

  private func member(
    _ number: Int, from first: FileNode.Kind, to last: FileNode.Kind, _ index: UInt32
  ) -> FileNode? {
    let raw = Int(first.rawValue) + number
    guard raw <= Int(last.rawValue), let kind = FileNode.Kind(rawValue: UInt8(raw)) else {
      return nil
    }
    return FileNode(kind, index)
  }

  /// The node named `name` in `directory`; nil if there is none. /proc/PID exists only for
  /// `process`. O(entries of the archive).
  func child(of directory: FileNode, named name: Span<UInt8>, process: UInt32) -> FileNode? {
    var number = 0
    while let node = virtualMember(of: directory, number) {
      if isEqual(name, RootFiles.virtualName(node.kind)) { return node }
      number += 1
    }
    switch directory.kind {
    case .processes:
      return decimal(name) == process ? FileNode(.process, process) : nil
    case .root: return archivedChild(prefix: 0..<0, name)
    case .archived:
      guard let entry = entry(directory) else { return nil }
      return archivedChild(prefix: entry.nameOffset..<entry.nameOffset + entry.nameCount, name)
    default: return nil
    }
  }

  /// The archive entry named `prefix`/`name`, or just `name` if `prefix` is empty. `prefix` is a
  /// range of the archive's bytes.
  private func archivedChild(prefix: Range<Int>, _ name: Span<UInt8>) -> FileNode? {
    let bytes = archive.bytes
    let skip = prefix.isEmpty ? 0 : prefix.count + 1
    let found = archive.last { entry in
      guard entry.nameCount == skip + name.count else { return false }
      for index in name.indices
      where bytes.byte(at: entry.nameOffset + skip + index) != name[index] { return false }
      return isInside(entry, prefix)
    }
    guard let found else { return nil }
    return FileNode(.archived, UInt32(found.offset))
  }

  /// Whether the name of `entry` begins with `prefix` and a slash; true for an empty prefix.
  private func isInside(_ entry: CpioEntry, _ prefix: Range<Int>) -> Bool {
    guard !prefix.isEmpty else { return true }
    let bytes = archive.bytes
    guard entry.nameCount > prefix.count + 1,
      bytes.byte(at: entry.nameOffset + prefix.count) == UInt8(ascii: "/")
    else { return false }
    for index in 0..<prefix.count
    where bytes.byte(at: entry.nameOffset + index) != bytes.byte(at: prefix.lowerBound + index) {
      return false
    }
    return true
  }

  /// The range of the last component of `entry`'s name in the archive. nil if the entry is not a
  /// direct member of `directory`, or if another member of the same name hides it.
  func lastComponent(of entry: CpioEntry, in directory: FileNode) -> Range<Int>? {
    var prefix = 0..<0
    if directory.kind == .archived, let parent = self.entry(directory) {
      prefix = parent.nameOffset..<parent.nameOffset + parent.nameCount
    }
    guard isInside(entry, prefix) else { return nil }
    let start = entry.nameOffset + (prefix.isEmpty ? 0 : prefix.count + 1)
    let end = entry.nameOffset + entry.nameCount
    guard start < end else { return nil }
    for place in start..<end where archive.bytes.byte(at: place) == UInt8(ascii: "/") {
      return nil
    }
    let name = initrd.text.extracting(start..<end)
    let found = child(of: directory, named: name, process: 0)
    return found == FileNode(.archived, UInt32(entry.offset)) ? start..<end : nil
  }

  /// The directory that holds `node`.
  func parent(of node: FileNode) -> FileNode {
    switch node.kind {
    case .root, .program, .devices, .processes: return FileNode(.root)
    case .console, .terminal, .null, .zero, .random, .urandom: return FileNode(.devices)
    case .selfLink, .commandLine, .memoryInfo, .uptime, .vdso, .vdsoImage, .buddyInfo, .tasks,
      .processorInfo, .interrupts, .processors, .locks, .trace, .process:
      return FileNode(.processes)
    case .alignment: return FileNode(.processors)
    case .maps, .memoryMap, .memorySize, .counters, .executableLink:
      return FileNode(.process, node.index)
    case .archived: return archivedParent(of: node)
    }
  }

  private func archivedParent(of node: FileNode) -> FileNode {
    guard let entry = entry(node) else { return FileNode(.root) }
    var end = entry.nameOffset + entry.nameCount
    while end > entry.nameOffset, archive.bytes.byte(at: end - 1) != UInt8(ascii: "/") { end -= 1 }
    guard end > entry.nameOffset,
      let parent = archive.find(initrd.text.extracting(entry.nameOffset..<end - 1))
    else { return FileNode(.root) }
    return FileNode(.archived, UInt32(parent.offset))
  }

  private func isEqual(_ name: Span<UInt8>, _ text: StaticString) -> Bool {
    guard name.count == text.utf8CodeUnitCount else { return false }
    for index in name.indices {
      // SAFETY: `index` is below the literal's length.
      let wanted = unsafe text.utf8Start[index]
      if name[index] != wanted { return false }
    }
    return true
  }

  /// Parses a decimal number without leading zeros; nil for anything else.
  private func decimal(_ name: Span<UInt8>) -> UInt32? {
    guard name.count > 0, name.count < 10, name[0] != UInt8(ascii: "0") else { return nil }
    var value = UInt32(0)
    for index in name.indices {
      guard name[index] >= UInt8(ascii: "0"), name[index] <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + UInt32(name[index] - UInt8(ascii: "0"))
    }
    return value
  }
}
