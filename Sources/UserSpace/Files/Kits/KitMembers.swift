// SPDX-License-Identifier: Apache-2.0
import KitTypes
import RTOSCore
import VdsoModule
import VmRegion

/// The members of kits with member pages: processes that mapped one for writing. Each has a slot,
/// whose pages it alone may write, until its address space ends (image/kits/include/kit_members.h).
///
/// A member is an address space that may write the region of a slot; there is no other record of
/// it. What the kernel writes for programs is in a page that they cannot write, so it is also what
/// the kernel itself knows of the slots. The kernel lock is held.
enum KitMembers<P: FilePlatform> {
  /// Whether the process with the group at `base` in `space` is a member.
  ///
  /// - Throws: `outOfMemory`.
  static func isMember(
    of kit: KitReference, at base: UserAddress,
    in space: inout AddressSpace<P.Table, P.CPU, P.Memory>
  ) throws(MemoryError) -> Bool {
    let own = try space.frame(readAt: base &+ Word(kit.pointee.image.ownPage) << Page.shift)
    return word(Int(KIT_MEMBER_SLOT), of: own) != 0
  }

  /// Makes the process with the group at `base` in `space` a member: it gets the free slot of the
  /// lowest generation, so that what a member has left is kept as long as possible.
  ///
  /// - Throws: `tryAgain` if there are `KIT_MEMBERS`; `outOfMemory`. Programs see no change then.
  @inline(never)
  static func join(
    _ kit: KitReference, _ inode: InodeReference, at base: UserAddress,
    in space: inout AddressSpace<P.Table, P.CPU, P.Memory>
  ) throws(Errno) {
    let image = kit.pointee.image
    guard let table = inode.pointee.pages.frame(of: image.kernelPage, P.Memory.self) else {
      throw .outOfMemory
    }
    var free: (slot: UInt32, generation: UInt32)?
    for slot in 0..<UInt32(KIT_MEMBERS) where word(holder(slot), of: table) == 0 {
      let generation = word(Self.generation(slot), of: table)
      if generation < free?.generation ?? .max { free = (slot, generation) }
    }
    guard let (slot, last) = free else { throw .tryAgain }
    let first = image.memberPage + slot * image.memberPages
    // Members read and write the pages under their locks, where no fault may fail.
    for page in first..<first + image.memberPages {
      do throws(Errno) { _ = try FileTree<P>.makeFrame(of: page, in: inode) } catch {
        throw .outOfMemory
      }
    }
    let own: PhysicalFrame
    do throws(MemoryError) {
      own = try space.frame(readAt: base &+ Word(image.ownPage) << Page.shift)
      try space.grantWriting(image.memberPages, at: base &+ Word(first) << Page.shift)
    } catch {
      throw Errno(error)
    }

    let generation = last &+ 1  // Wrapping: even as long as the slot is free.
    put(generation, Self.generation(slot), of: table)
    P.CPU.memoryBarrier()
    for page in first..<first + image.memberPages {
      if let frame = inode.pointee.pages.frame(of: page, P.Memory.self) { P.Memory.zero(frame) }
    }
    // Another thread that finds the slot finds its generation, too.
    put(generation, Int(KIT_MEMBER_GENERATION), of: own)
    P.CPU.memoryBarrier()
    put(slot + 1, Int(KIT_MEMBER_SLOT), of: own)
    let joined = Int(KIT_MEMBERS_JOINED)
    put(word(joined, of: table) | 1 << slot, joined, of: table)
    P.CPU.memoryBarrier()
    put(P.processIdentifier.rawValue, holder(slot), of: table)
    tellChange(in: table)
  }

  /// Ends the membership that goes with the right to write the region at `page` of the kit, if that
  /// is the first page of a slot: the address space ends. The other members can read the pages as
  /// they are until the slot has a new member.
  @inline(never)
  static func released(_ page: UInt32, of kit: KitReference, _ inode: InodeReference) {
    let image = kit.pointee.image
    guard image.memberPages > 0, page >= image.memberPage,
      let table = inode.pointee.pages.frame(of: image.kernelPage, P.Memory.self)
    else { return }
    let slot = (page - image.memberPage) / image.memberPages
    let generation = Self.generation(slot)
    put(word(generation, of: table) &+ 1, generation, of: table)  // Wrapping: odd until now.
    put(0, holder(slot), of: table)
    tellChange(in: table)
  }

  /// Forgets which slots had members, when no process has the kit mapped and the pages are freed.
  static func forget(_ kit: KitReference, _ inode: InodeReference) {
    guard kit.pointee.image.memberPages > 0,
      let table = inode.pointee.pages.frame(of: kit.pointee.image.kernelPage, P.Memory.self)
    else { return }
    put(0, Int(KIT_MEMBERS_JOINED), of: table)
  }

  /// Rings the bells of all slots after a member has joined or left.
  private static func tellChange(in table: PhysicalFrame) {
    P.CPU.memoryBarrier()
    for slot in 0..<Int(KIT_MEMBERS) {
      let bell = Int(KIT_MEMBERS_BELLS) + slot * 4
      increase(bell, of: table)
      P.wakeWaiters(at: Word(bell), of: table)
    }
  }

  /// Increases the word at `offset` of `frame`, at which a wake begins, if it is a bell: programs
  /// cannot change it themselves, and a thread that noted it before must not sleep there.
  static func ring(_ offset: Word, of frame: PhysicalFrame) {
    let bell = Int(offset) - Int(KIT_MEMBERS_BELLS)
    guard bell >= 0, bell < Int(KIT_MEMBERS) * 4,
      P.tree.pointee.kits.number(where: { $0.pointee.members == frame }) != nil
    else { return }
    increase(Int(offset), of: frame)
  }

  /// Increases a word. Wrapping: only a change matters.
  @inline(never)
  private static func increase(_ offset: Int, of frame: PhysicalFrame) {
    put(word(offset, of: frame) &+ 1, offset, of: frame)
  }

  private static func holder(_ slot: UInt32) -> Int {
    Int(KIT_MEMBERS_PROCESSES) + Int(slot) * 4
  }

  private static func generation(_ slot: UInt32) -> Int {
    Int(KIT_MEMBERS_GENERATIONS) + Int(slot) * 4
  }

  private static func word(_ offset: Int, of frame: PhysicalFrame) -> UInt32 {
    var value: UInt32 = 0
    P.Memory.withBytes(of: frame) { value = $0.bytes.word(at: offset) ?? 0 }
    return value
  }

  private static func put(_ value: UInt32, _ offset: Int, of frame: PhysicalFrame) {
    P.Memory.withBytes(of: frame) {
      $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }
  }
}
