// SPDX-License-Identifier: Apache-2.0
import KitTypes
import RTOSCore
import VdsoModule
import VmRegion

// Kits: libraries that the kernel checks, maps and shares data with, like the time image, but on
// request: by mmap of /dev/kits/NAME. docs/design.md follows one from its file into a process.
//
// - KitImage (VdsoModule) checks a kit; KitRegistry enters it at boot, in the KitTable.
// - KitFiles: the nodes of /dev/kits. Kits: mapping, and what mapped pages need. KitWriter: the
//   pages that the kernel writes. KitMembers: the processes that have member pages. KernelKit: a
//   kit that the kernel itself calls.
//
// The pages of a kit are those of an inode without a name, so that all that holds for mapped files
// holds for them: copy-on-write, fork, reference counts. The page of one process has no frame in
// the inode: each address space gets one of its own on first access, the child of a fork, too.

/// A kit of the table.
typealias KitReference = RecordReference<Kit>

/// Mapping kits. The kernel lock is held.
enum Kits<P: FilePlatform> {
  /// The kit with the node `node` of /dev/kits.
  @inline(__always)
  static func kit(_ node: FileNode) -> KitReference {
    P.tree.pointee.kits[KitFiles<P>.number(of: node)]
  }

  /// Whether processes become members of the kit with the node `node` of /dev/kits.
  @inline(__always)
  static func hasMembers(_ node: FileNode) -> Bool { kit(node).pointee.image.memberPages > 0 }

  /// The number of the kit whose pages an inode has.
  @inline(__always)
  private static func number(ofPages node: FileNode) -> Int? {
    P.tree.pointee.kits.number { $0.pointee.pages == node }
  }

  /// The name of the kit whose pages an inode has; nil for another inode.
  @inline(never)
  static func name(ofPages node: FileNode) -> KitName? {
    guard FileTree<P>.inode(node).pointee.isKit, let number = number(ofPages: node) else {
      return nil
    }
    return P.tree.pointee.kits[number].pointee.image.name
  }

  /// Writes the kit that contains an address of a program, and the offset in it; nothing for an
  /// address outside all kits.
  static func describe(
    _ address: UserAddress, in space: borrowing AddressSpace<P.Table, P.CPU, P.Memory>,
    to sink: inout some TextSink
  ) {
    guard let region = space.region(at: address), case .file(let path) = region.name,
      path != .max, let name = name(ofPages: FileNode(.tree, UInt32(path)))
    else { return }
    sink.text(" (kit ")
    name.write(to: &sink)
    sink.text("+0x")
    sink.hexadecimal(address.word - region.base.word + Word(region.pageOffset) << Page.shift)
    sink.text(")")
  }

  /// Maps the kit at `node`, with the right to write the pages that programs share if `mayWrite`. A
  /// kit that is mapped already stays where it is. With the right to write, and member pages, the
  /// process becomes a member if it is none. `online` are the CPUs that run.
  ///
  /// - Returns: the address of its ELF header.
  /// - Throws: `exists` if it is mapped with another right; `tryAgain` if there are as many members
  ///   as a kit can have; `outOfMemory`. The space is then unchanged.
  @inline(never)
  static func map(
    _ node: FileNode, mayWrite: Bool, online: CpuMask,
    into space: inout AddressSpace<P.Table, P.CPU, P.Memory>
  ) throws(Errno) -> UserAddress {
    let kit = kit(node)
    let path = UInt16(kit.pointee.pages.index)
    let inode = FileTree<P>.inode(kit.pointee.pages)
    if inode.pointee.regions > 0, let region = space.firstRegion(of: path) {
      let last = region.base &+ Word(kit.pointee.image.memberPage - 1) << Page.shift
      let isWritable = space.region(at: last)?.permissions.contains(.write) ?? false
      guard kit.pointee.image.sharedPages == 0 || mayWrite == isWritable else { throw .exists }
      guard kit.pointee.image.memberPages > 0 else { return region.base }
      let isMember: Bool
      do throws(MemoryError) {
        isMember = try KitMembers<P>.isMember(of: kit, at: region.base, in: &space)
      } catch {
        throw Errno(error)
      }
      guard mayWrite || !isMember else { throw .exists }
      if mayWrite, !isMember {
        try KitMembers<P>.join(kit, inode, at: region.base, in: &space)
      }
      return region.base
    }
    let isFirst = inode.pointee.regions == 0
    let base: UserAddress
    do throws(MemoryError) {
      base = try space.mapGroup(of: path, parts(of: kit, mayWrite).span)
    } catch {
      throw Errno(error)
    }
    if isFirst { writePage(of: kit, inode, online) }
    do throws(Errno) {
      try relocate(kit, inode, at: base, in: &space)
      if mayWrite, kit.pointee.image.memberPages > 0 {
        try KitMembers<P>.join(kit, inode, at: base, in: &space)
      }
    } catch {
      space.removeGroup(of: path, at: base)
      throw error
    }
    return base
  }

  /// The parts of a kit's group in the order of their addresses.
  private static func parts(of kit: KitReference, _ mayWrite: Bool) -> InlineArray<6, GroupPart> {
    let (privatePage, kernelPage) = (kit.pointee.image.privatePage, kit.pointee.image.kernelPage)
    return [
      GroupPart(pageCount: privatePage, permissions: [.read, .execute]),
      GroupPart(pageCount: kernelPage - privatePage, permissions: [.read, .write]),
      GroupPart(
        pageCount: kit.pointee.image.kernelPages, permissions: .read, traits: .shared),
      GroupPart(
        pageCount: kit.pointee.image.ownPages, permissions: .read, traits: .wipedByFork),
      GroupPart(
        pageCount: kit.pointee.image.sharedPages, permissions: mayWrite ? [.read, .write] : .read,
        traits: .shared),
      GroupPart(
        pageCount: kit.pointee.image.memberPages * UInt32(KIT_MEMBERS), permissions: .read,
        traits: .shared),
    ]
  }

  /// Adds the group's address to the words of the private data that are addresses. The process gets
  /// its copies of their pages.
  private static func relocate(
    _ kit: KitReference, _ inode: InodeReference, at base: UserAddress,
    in space: inout AddressSpace<P.Table, P.CPU, P.Memory>
  ) throws(Errno) {
    for entry in stride(
      from: kit.pointee.image.relocations.start, to: kit.pointee.image.relocations.end, by: 8)
    {
      guard let frame = inode.pointee.pages.frame(of: entry >> 12, P.Memory.self) else { return }
      var place: UInt32 = 0
      P.Memory.withBytes(of: frame) { place = $0.bytes.word(at: Int(entry & 4095)) ?? 0 }
      do throws(MemoryError) {
        try space.add(
          UInt32(truncatingIfNeeded: base.word), toWordAt: base &+ Word(place))
      } catch {
        throw Errno(error)
      }
    }
  }

  /// Writes the kernel's page for the first process that maps the kit, or for kernel code that
  /// binds it. What vstat's tells does not change while one has; that of vsched is the scheduler's
  /// from now on.
  static func writePage(
    of kit: KitReference, _ inode: InodeReference, _ online: CpuMask
  ) {
    guard let writer = kit.pointee.writer,
      let frame = inode.pointee.pages.frame(of: kit.pointee.image.kernelPage, P.Memory.self)
    else { return }
    let facts = P.tree.pointee.kits.facts
    P.Memory.withBytes(of: frame) { bytes in
      writer.write(&bytes, kit.pointee.image.layoutHash, facts, online, P.self)
    }
    if writer == .vsched { P.publishSchedule(in: frame) }
  }

  /// The frame of a page of one process, if `page` is one; nil for another page. The caller has the
  /// only reference.
  ///
  /// - Throws: `outOfMemory`.
  @inline(never)
  static func ownPage(_ page: UInt32, of node: FileNode) throws(Errno) -> PhysicalFrame? {
    guard let number = number(ofPages: node) else { return nil }
    let kit = P.tree.pointee.kits[number]
    guard page >= kit.pointee.image.ownPage, page < kit.pointee.image.sharedPage else { return nil }
    do { return try P.tree.pointee.pool.allocateCold(zeroed: true) } catch { throw Errno(error) }
  }

  /// A space no longer maps a region of a kit, with the right to write from `page` on, or without
  /// it if `page` is 0: what had the right may be a member. After the last region the pages that
  /// programs wrote are freed, and the scheduler no longer writes what it knows.
  @inline(never)
  static func released(_ page: UInt32, of node: FileNode, _ inode: InodeReference) {
    guard let number = number(ofPages: node) else { return }
    let kit = P.tree.pointee.kits[number]
    KitMembers<P>.released(page, of: kit, inode)
    guard inode.pointee.regions == 0 else { return }
    if kit.pointee.writer == .vsched { P.publishSchedule(in: nil) }
    var first = kit.pointee.image.sharedPage
    let count = kit.pointee.image.pageCount - first
    guard count > 0 else { return }
    KitMembers<P>.forget(kit, inode)
    _ = FileTree<P>.removePages(of: inode, from: &first, through: .max, most: count)
  }
}
