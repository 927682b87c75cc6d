// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// Enters the kits at boot: those that are built into the kernel, and the files `/lib/kits/*.kit` of
/// the initrd. Each is a line of the log, also one that is refused, with which the boot goes on.
public enum KitRegistry<P: FilePlatform> {
  /// The check of a kit by the rules of the machine.
  public typealias Check = (RawSpan) throws(KitImage.Violation) -> KitImage

  /// Why a kit is refused.
  private enum Refusal: Error {
    case image(KitImage.Violation)
    case exists
    case noWriter
    case tooMany
    case noMemory

    var text: StaticString {
      switch self {
      case .image(let violation): violation.text
      case .exists: "there is a kit of this name"
      case .noWriter: "no writer for its layout"
      case .tooMany: "there are 8 kits"
      case .noMemory: "out of memory"
      }
    }
  }

  /// Enters all kits. `builtIn` has files one after the other: the number of bytes as a word, then
  /// the bytes, filled up to words; 0 ends them. Called once, after `RootFiles.load`.
  @inline(never)
  public static func load(_ builtIn: ImmortalBytes, _ facts: KitFacts, check: Check) {
    P.tree.pointee.kits.facts = facts
    var offset = 0
    while let count = builtIn.bytes.word(at: offset), count > 0,
      Int(count) <= builtIn.count - offset - 4
    {
      let start = offset + 4
      enter(builtIn.bytes.extracting(start..<start + Int(count)), "built in", check)
      offset = start + (Int(count) + 3) & ~3
    }
    P.tree.pointee.kits.builtInCount = P.tree.pointee.kits.count
    loadFiles(check)
  }

  /// Enters the files of the initrd in /lib/kits, in their order there.
  private static func loadFiles(_ check: Check) {
    guard let library = child("lib", of: .root), let folder = child("kits", of: library) else {
      return
    }
    var position: UInt64 = 2
    var name = EntryName()
    while let member = FileTree<P>.member(of: folder, at: position, &name) {
      position = member.next
      if member.node.system == .tree, hasSuffix(name) {
        let inode = FileTree<P>.inode(member.node)
        if inode.pointee.isRegular {
          let bytes = P.tree.pointee.initrd.bytes.extracting(
            FileTree<P>.archivedRange(of: inode.pointee))
          enter(bytes, name, check)
        }
      }
      name = EntryName()
    }
  }

  /// The directory with this name in another; nil if there is none.
  private static func child(_ name: StaticString, of directory: FileNode) -> FileNode? {
    guard let node = FileTree<P>.child(of: directory, named: name.bytes), node.system == .tree,
      FileTree<P>.inode(node).pointee.isDirectory
    else { return nil }
    return node
  }

  /// Whether a name ends with `.kit`.
  private static func hasSuffix(_ name: EntryName) -> Bool {
    let suffix = (".kit" as StaticString).bytes
    guard name.count > suffix.count else { return false }
    for index in suffix.indices
    where name.buffer[name.count - suffix.count + index] != suffix[index] { return false }
    return true
  }

  private static func enter(_ bytes: RawSpan, _ source: StaticString, _ check: Check) {
    var name = EntryName()
    name.text(source)
    enter(bytes, name, check)
  }

  /// Enters a kit, and logs it; `source` is its name if it has no valid one.
  private static func enter(_ bytes: RawSpan, _ source: EntryName, _ check: Check) {
    var line: LogLine = "kit: "
    do throws(Refusal) {
      let image: KitImage
      do throws(KitImage.Violation) { image = try check(bytes) } catch {
        line.bytes(source.buffer.span.extracting(first: source.count))
        throw .image(error)
      }
      image.name.write(to: &line)
      try enter(image, bytes)
      KitName.log(image.version, image.buildID, to: &line)
    } catch {
      KitName.log(refusal: error.text, to: &line)
    }
    Log.line(line)
  }

  /// Adds a kit that was checked to the table, with frames for its text and its private data and
  /// for what the kernel writes. Nothing stays allocated if it is refused.
  private static func enter(_ image: KitImage, _ bytes: RawSpan) throws(Refusal) {
    let isKnown = P.tree.pointee.kits.number { $0.pointee.image.name == image.name } != nil
    // The time image is the first kit, although no file of /dev/kits.
    guard !isKnown, !image.name.isEqual(to: Vdso.name.bytes) else { throw .exists }
    guard P.tree.pointee.kits.count < KitTable.capacity else { throw .tooMany }
    var writer: KitWriter?
    if image.kernelPages + image.ownPages > 0 {
      guard let known = KitWriter(for: image) else { throw .noWriter }
      writer = known
    }
    do throws(Errno) {
      let node = try FileTree<P>.make(mode: FileStatus.regular, in: 0)
      FileTree<P>.retain(node)
      do throws(Errno) {
        try fill(FileTree<P>.inode(node), image, bytes)
        try P.tree.pointee.kits.makeRoom(P.tree.pointee.pool)
      } catch {
        var first: UInt32 = 0
        _ = FileTree<P>.removePages(
          of: FileTree<P>.inode(node), from: &first, through: .max, most: .max)
        FileTree<P>.release(node)
        throw error
      }
      let pages = FileTree<P>.inode(node).pointee.pages
      let members =
        image.memberPages > 0 ? pages.frame(of: image.kernelPage, P.Memory.self) : nil
      P.tree.pointee.kits.add(
        Kit(image: image, pages: node, writer: writer, members: members))
    } catch {
      throw .noMemory
    }
  }

  /// Makes the pages of a kit that have contents. What is missing reads as zeros.
  private static func fill(
    _ inode: InodeReference, _ kit: KitImage, _ bytes: RawSpan
  ) throws(Errno) {
    inode.pointee.isKit = true
    inode.pointee.size = UInt64(kit.pageCount) * UInt64(Page.size)
    let data = kit.privateData
    try copy(bytes.extracting(first: Int(kit.textSize)), to: 0, of: inode)
    let start = Int(data.fileOffset)
    try copy(
      bytes.extracting(start..<start + Int(data.fileSize)), to: kit.privatePage, of: inode)
    for page in 0..<kit.kernelPages {
      _ = try FileTree<P>.makeFrame(of: kit.kernelPage + page, in: inode)
    }
  }

  /// Copies a part of a kit to pages of its inode from `first` on.
  private static func copy(
    _ part: RawSpan, to first: UInt32, of inode: InodeReference
  ) throws(Errno) {
    for page in 0..<Page.count(Page.roundedUp(Word(part.byteCount))) {
      let (frame, _) = try FileTree<P>.makeFrame(of: first + page, in: inode)
      P.Memory.withBytes(of: frame) { FilePage.fill(&$0, page: page, of: part) }
    }
  }
}
