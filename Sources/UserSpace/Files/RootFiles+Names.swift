// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Name lookup: from a name in a directory to its node, and from a node to its name and parent.
extension RootFiles {
  /// A member of the root directory that is not in the archive: the root of a mounted file system,
  /// or /init where the initrd is a program; nil after the last. They hide entries of the same
  /// names.
  private func fixedMember(_ number: UInt64) -> (name: StaticString, node: FileNode)? {
    switch number {
    case 0: ("dev", FileNode(.devices, 0))
    case 1: ("proc", FileNode(.proc, 0))
    case 2 where source == .program: ("init", FileNode(.archive, 0))
    default: nil
    }
  }

  /// The node named `name` in `directory`; nil if there is none. O(entries of the archive).
  func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? {
    guard directory == .root else {
      guard let range = path(of: directory) else { return nil }
      return archivedChild(prefix: range, name)
    }
    var number: UInt64 = 0
    while let member = fixedMember(number) {
      if name.isEqual(to: member.name) { return member.node }
      number += 1
    }
    return archivedChild(prefix: 0..<0, name)
  }

  /// The range in the initrd of the path of an entry, without a slash before it; nil for the root
  /// directory and the program.
  func path(of node: FileNode) -> Range<Int>? {
    entry(node).map { $0.nameOffset..<$0.nameOffset + $0.nameCount }
  }

  /// The position of the first entry of the archive in a listing; positions before it are of fixed
  /// members.
  private static var archiveBase: UInt64 { 64 }

  /// The first member of `directory` at or after `position`, which is at least 2, and the position
  /// after it: those of the archive by the offset of their header. nil at the end. Writes the
  /// member's name to `name`.
  func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    if directory == .root, let member = fixedMember(position - 2) {
      name.text(member.name)
      return (member.node, position + 1)
    }
    // A program may seek anywhere; a position that is no Int is after the end of every archive.
    let behindFixed = position < RootFiles.archiveBase ? 0 : position - RootFiles.archiveBase
    guard var offset = Int(exactly: behindFixed) else { return nil }
    while let entry = archive.entry(at: offset) {
      offset = entry.nextOffset
      if let range = lastComponent(of: entry, in: directory) {
        name.bytes(initrd.text.extracting(range))
        return (
          FileNode(.archive, UInt32(entry.offset)), UInt64(offset) + RootFiles.archiveBase
        )
      }
    }
    return nil
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
    return FileNode(.archive, UInt32(found.offset))
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
  private func lastComponent(of entry: CpioEntry, in directory: FileNode) -> Range<Int>? {
    var prefix = 0..<0
    if let parent = self.entry(directory) {
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
    let found = child(of: directory, named: name)
    return found == FileNode(.archive, UInt32(entry.offset)) ? start..<end : nil
  }

  /// The directory that holds `node`.
  func parent(of node: FileNode) -> FileNode {
    guard let entry = entry(node) else { return .root }
    var end = entry.nameOffset + entry.nameCount
    while end > entry.nameOffset, archive.bytes.byte(at: end - 1) != UInt8(ascii: "/") { end -= 1 }
    guard end > entry.nameOffset,
      let parent = archive.find(initrd.text.extracting(entry.nameOffset..<end - 1))
    else { return .root }
    return FileNode(.archive, UInt32(parent.offset))
  }
}
