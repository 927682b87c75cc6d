// SPDX-License-Identifier: Apache-2.0
import KitTypes
import RTOSCore
import VdsoModule
import VmRegion

/// What the pages of kits tell of the machine and no other service does.
public struct KitFacts: Sendable {
  let possibleCount: UInt32
  let tickHertz: UInt32
  let slotCount: UInt32
  let board: StaticString

  /// A machine with `possibleCount` CPUs, a table of `slotCount` processes, this tick frequency and
  /// the board of this name.
  public init(possibleCount: UInt32, slotCount: UInt32, tickHertz: UInt32, board: StaticString) {
    self.possibleCount = possibleCount
    self.slotCount = slotCount
    self.tickHertz = tickHertz
    self.board = board
  }
}

/// The kernel's writers of pages of kits, by name and layout. A kit whose layout none of them knows
/// is refused.
enum KitWriter: Equatable {
  /// Of vstat: the machine and the limits (image/kits/vstat/vstat_page.h).
  case vstat
  /// Of a kit with member pages: `KitMembers` writes all but the hash
  /// (image/kits/include/kit_members.h).
  case members
  /// Of vsched: what the scheduler knows, written by the scheduler itself while the kit is mapped.
  case vsched

  /// The writer for the pages of `kit`; nil if there is none.
  init?(for kit: borrowing KitImage) {
    if kit.memberPages > 0 {
      self = .members
      return
    }
    guard kit.kernelPages == 1, kit.ownPages == 0 else { return nil }
    if kit.name.isEqual(to: ("vstat" as StaticString).bytes),
      kit.layoutHash == vstat_layout_hash()
    {
      self = .vstat
    } else if kit.name.isEqual(to: ("vsched" as StaticString).bytes),
      kit.layoutHash == vsched_layout_hash()
    {
      self = .vsched
    } else {
      return nil
    }
  }

  /// Writes the kernel's page of a kit of the layout `layoutHash`, for its first mapping.
  @inline(never)
  func write<P: FilePlatform>(
    _ bytes: inout MutableRawSpan, _ layoutHash: UInt64, _ facts: KitFacts,
    _ online: CpuMask, _: P.Type
  ) {
    bytes.storeBytes(of: layoutHash.littleEndian, toByteOffset: 0, as: UInt64.self)
    guard self == .vstat else { return }
    let onlineCount = UInt32(online.rawValue.nonzeroBitCount)
    // All else never changes.
    guard bytes.bytes.word(at: Int(VSTAT_CPUS_ONLINE)) != onlineCount else { return }
    let pool = P.tree.pointee.pool
    func put(_ number: UInt32, _ offset: Int, _ bytes: inout MutableRawSpan) {
      bytes.storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt32.self)
    }
    put(onlineCount, Int(VSTAT_CPUS_ONLINE), &bytes)
    put(facts.possibleCount, Int(VSTAT_CPUS_POSSIBLE), &bytes)
    put(UInt32(Page.size), Int(VSTAT_PAGE_SIZE), &bytes)
    put(facts.tickHertz, Int(VSTAT_TICK_HZ), &bytes)
    put(facts.slotCount, Int(VSTAT_MAX_PROCESSES), &bytes)
    put(UInt32(Descriptor.limit), Int(VSTAT_MAX_OPEN_FILES), &bytes)
    put(
      AddressSpace<P.Table, P.CPU, P.Memory>.regionLimit, Int(VSTAT_MAX_REGIONS), &bytes)
    bytes.storeBytes(
      of: (UInt64(pool.totalCount) * UInt64(Page.size)).littleEndian,
      toByteOffset: Int(VSTAT_MEMORY_BYTES), as: UInt64.self)
    Self.put(facts.board, in: &bytes, at: Int(VSTAT_BOARD))
    Self.put(SystemName.release, in: &bytes, at: Int(VSTAT_RELEASE))
  }

  /// Writes up to 31 bytes of a text and a zero.
  private static func put(
    _ text: StaticString, in bytes: inout MutableRawSpan, at offset: Int
  ) {
    let text = text.bytes
    for index in 0..<32 {
      let byte = index < min(text.count, 31) ? text[index] : 0
      bytes.storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self)
    }
  }
}
