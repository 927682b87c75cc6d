// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The file systems /proc and /sys. The table of their files is in Proc+Table.swift. A node's
/// number has the row of its file plus one in bits 0 to 6, and above them the number of the
/// process, thread or CPU. That of a descriptor's file has bit 31 and the number of the process in
/// bits 0 to 14, the descriptor in bits 15 to 26, and in bit 30 whether it is below fdinfo. It
/// keeps nothing alive: a file whose process has gone is ESRCH.
enum Proc<P: FilePlatform>: NodeOperations {
  private static var descriptorBit: UInt32 { 1 << 31 }
  private static var informationBit: UInt32 { 1 << 30 }

  /// The row of a node; nil for /proc itself.
  static func row(of node: FileNode) -> UInt32? {
    guard node.index & descriptorBit == 0 else {
      return node.index & informationBit == 0 ? ProcRow.link : ProcRow.information
    }
    return node.index & 127 == 0 ? nil : node.index & 127 - 1
  }

  /// What a node is about.
  static func subject(of node: FileNode) -> ProcSubject {
    node.index & descriptorBit == 0
      ? ProcSubject(number: node.index >> 7)
      : ProcSubject(number: node.index & 0x7fff, descriptor: node.index >> 15 & 0xfff)
  }

  private static func node(_ row: UInt32, of subject: ProcSubject) -> FileNode {
    guard members(row) == .descriptors else {
      return FileNode(.proc, subject.number << 7 | row + 1)
    }
    return FileNode(
      .proc,
      descriptorBit | (row == ProcRow.information ? informationBit : 0) | subject.descriptor << 15
        | subject.number)
  }

  /// /proc itself.
  private static var top: FileNode { FileNode(.proc, 0) }

  /// Which directory `node` is; `none` for other nodes.
  static func listed(by node: FileNode) -> ProcFile<P>.Directory {
    row(of: node).map { lists($0) } ?? .root
  }

  /// Whether the process or thread that a file is about exists.
  static func hasSubject(_ node: FileNode) -> Bool {
    guard let row = row(of: node) else { return true }
    let subject = subject(of: node)
    switch directory(row) {
    case .process: return P.process(from: subject.process) == subject.process
    case .thread: return P.process(of: subject.thread) != nil
    default: return true
    }
  }

  static func describe(_ node: FileNode, in status: inout FileStatus) {
    let mode = row(of: node).map { self.mode($0, of: subject(of: node)) } ?? 0o040555
    status.set(
      mode: mode, links: mode & 0o170000 == FileStatus.directory ? 2 : 1, inode: node.index + 1,
      deviceMinor: isOfSystem(node) ? 11 : 4)
  }

  /// Whether a node belongs to /sys.
  static func isOfSystem(_ node: FileNode) -> Bool {
    guard let row = row(of: node) else { return false }
    switch directory(row) {
    case .hidden, .system, .devices, .systemDevices, .cpus, .cpu, .topology: return true
    default: return false
    }
  }

  /// The mode of a file. That of a descriptor's link shows how its file is open.
  private static func mode(_ row: UInt32, of subject: ProcSubject) -> UInt32 {
    guard row == ProcRow.link else { return mode(row) }
    let access = (P.openFile(subject.descriptor, of: subject.process)?.flags ?? 0) & 3
    return FileStatus.link | 0o100 | (access != 1 ? 0o400 : 0) | (access != 0 ? 0o200 : 0)
  }

  static func retain(_ node: FileNode) { FileTree<P>.volume(of: node).pointee.users += 1 }

  static func release(_ node: FileNode) { FileTree<P>.volume(of: node).pointee.users -= 1 }

  /// The first member of a row with several, whose number is `number` or greater.
  private static func member(
    of row: UInt32, from number: UInt32, in subject: ProcSubject
  ) -> ProcSubject? {
    switch members(row) {
    case .one: nil
    case .processes:
      P.process(from: ProcessID(rawValue: number)).map { ProcSubject(number: $0.rawValue) }
    case .threads:
      P.thread(from: ThreadID(rawValue: number), of: subject.process)
        .map { ProcSubject(number: $0.rawValue) }
    case .descriptors:
      P.descriptor(from: number, of: subject.process)
        .map { ProcSubject(number: subject.number, descriptor: $0) }
    case .processors:
      (number..<max(number, CpuMask.limit)).first { P.processors.contains($0) }
        .map { ProcSubject(number: $0) }
    }
  }

  /// The number that is the name of a member of a row with several.
  private static func number(_ row: UInt32, of subject: ProcSubject) -> UInt32 {
    members(row) == .descriptors ? subject.descriptor : subject.number
  }

  /// The member of a directory with this name; nil if there is none. Has preemption points.
  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? {
    let wanted = listed(by: directory)
    let subject = subject(of: directory)
    let digits = wanted == .cpus ? name.extracting(min(3, name.count)...) : name
    let isCanonical = digits.count == 1 || digits.count > 0 && digits[0] != UInt8(ascii: "0")
    let wantedNumber = isCanonical ? digits.decimal : nil
    var row: UInt32 = 0
    while true {
      let holder = self.directory(row)
      guard holder != .none else { return nil }
      if holder == wanted {
        if members(row) == .one {
          if name.isEqual(to: self.name(row)) { return node(row, of: subject) }
        } else if let wantedNumber, wantedNumber < 1 << 15,
          let member = member(of: row, from: wantedNumber, in: subject),
          number(row, of: member) == wantedNumber,
          wanted != .cpus || name.extracting(first: 3).isEqual(to: "cpu")
        {
          return node(row, of: member)
        }
      }
      row += 1
      // What is kept over the point are values; `member` looks at what exists now.
      if row & 7 == 0 { _ = P.mustEnd() }  // A preemption point.
    }
  }

  static func parent(of node: FileNode) -> FileNode {
    guard let row = row(of: node), directory(row) != .hidden else {
      return FileTree<P>.parent(ofRoot: node)
    }
    let wanted = directory(row)
    var subject = subject(of: node)
    subject.descriptor = 0
    switch members(row) {
    case .one, .descriptors: break
    case .processes, .processors: subject.number = 0
    case .threads: subject.number = P.process(of: subject.thread)?.rawValue ?? 0
    }
    var other: UInt32 = 0
    while directory(other) != .none {
      if lists(other) == wanted { return self.node(other, of: subject) }
      other += 1
    }
    return top
  }

  /// Positions: 2 and on for the rows; from `firstNumber` on for the numbers of the row with
  /// several members, which come last.
  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    let wanted = listed(by: directory)
    let subject = subject(of: directory)
    var row = position < firstNumber ? UInt32(position - 2) : 0
    let first = UInt32(clamping: max(position, firstNumber) - firstNumber)
    while true {
      let holder = self.directory(row)
      if holder == .none { break }
      if holder == wanted, members(row) == .one, position < firstNumber {
        name.text(self.name(row))
        return (node(row, of: subject), UInt64(row) + 3)
      }
      row += 1
    }
    row = 0
    while self.directory(row) != .none {
      if self.directory(row) == wanted, let member = member(of: row, from: first, in: subject) {
        let number = number(row, of: member)
        if wanted == .cpus { name.text("cpu") }
        name.decimal(UInt64(number))
        return (node(row, of: member), firstNumber + UInt64(number) + 1)
      }
      row += 1
    }
    return nil
  }

  private static var firstNumber: UInt64 { 256 }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    guard let row = row(of: node), directory(row) != .hidden else {
      return FileTree<P>.writePlace(of: FileTree<P>.volume(of: node), to: &window)
    }
    writePath(of: parent(of: node), to: &window)  // A few levels at most.
    window.text("/")
    if directory(row) == .cpus, members(row) != .one { window.text("cpu") }
    if members(row) == .one {
      window.text(name(row))
    } else {
      window.decimal(UInt64(number(row, of: subject(of: node))))
    }
  }

  static func writeTarget(of link: FileNode, to window: inout TextWindow) {
    if let target = target(of: link) {
      Files<P>.writePath(of: target, to: &window)
    } else if let row = row(of: link) {
      write(row, of: subject(of: link), to: &window)
    }
  }

  static func target(of link: FileNode) -> FileNode? {
    row(of: link).flatMap { target($0, of: subject(of: link)) }
  }

  static func seekRange(of node: FileNode) -> SeekRange {
    listed(by: node) == .none ? .file : .upTo(last: 0x7fff_ffff, hasEnd: true)
  }
}
