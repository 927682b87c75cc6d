// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Allocates the processor's 8-bit ASIDs to any number of address spaces.
///
/// An identifier has the ASID in bits 7 to 0, and above it the generation in which it was
/// allocated. A generation has the ASIDs 1 to 255; ASID 0 is used between address spaces. When all
/// are in use, the next generation begins and all identifiers become stale. Only a space that is
/// active on a CPU keeps its ASID. Each CPU must invalidate its TLB before it activates a space
/// again.
///
/// The caller serialises calls; the type is plain arithmetic and touches no register.
public struct IdentifierAllocator: ~Copyable {
  /// What a CPU must do to activate an address space.
  public struct Activation: Equatable, Sendable {
    /// The identifier to store in the space's table and to put into CONTEXTIDR.
    public let identifier: AddressSpaceIdentifier
    /// True if this CPU must first invalidate its whole TLB.
    public let mustInvalidate: Bool
  }

  private static var asidCount: UInt32 { 256 }

  /// The generation, in bits 31 to 8. It wraps after 2^24 generations, more than 4 * 10^9 spaces. A
  /// space that is inactive for all of them could meet its own number again.
  private var generation: UInt32 = 1 << 8
  /// A bit for each ASID that is in use in this generation.
  private var used = InlineArray<8, UInt32>(repeating: 0)
  /// Where the next search starts.
  private var next: UInt32 = 1
  /// The identifier that each CPU has active in this generation; 0 before its first activation in
  /// it.
  private var active = PerCPU<UInt32>(repeating: 0)
  /// The identifier that each CPU had active when this generation began.
  private var kept = PerCPU<UInt32>(repeating: 0)
  /// The CPUs that have not invalidated their TLBs in this generation.
  private var stale = CpuMask.none

  /// An allocator that has allocated nothing.
  public init() { used[0] = 1 }

  /// The number of ASIDs in use in this generation.
  public var usedCount: Int {
    var count = -1  // ASID 0 does not count.
    for index in used.indices { count += used[index].nonzeroBitCount }
    return count
  }

  /// Activates the address space with identifier `old` on `cpu` (below `CpuMask.limit`). Raw value
  /// 0 means that the space has no identifier yet.
  public mutating func activate(_ old: AddressSpaceIdentifier, on cpu: Int) -> Activation {
    let isCurrent = old.rawValue & ~0xff == generation
    let value = isCurrent ? old.rawValue : renewed(old.rawValue)
    active[cpu] = value
    let mustInvalidate = stale.contains(UInt32(cpu))
    stale.remove(UInt32(cpu))
    return Activation(
      identifier: AddressSpaceIdentifier(rawValue: value), mustInvalidate: mustInvalidate)
  }

  /// An identifier of this generation for a space whose identifier is older.
  private mutating func renewed(_ old: UInt32) -> UInt32 {
    if old != 0, renewActive(old) { return old & 0xff | generation }
    if let asid = allocate() { return asid | generation }
    beginGeneration()
    if old != 0, renewActive(old) { return old & 0xff | generation }
    guard let asid = allocate() else { preconditionFailure("more CPUs than ASIDs") }
    return asid | generation
  }

  /// Renews `old` on all CPUs that had it active when the generation began; returns false if none
  /// had.
  private mutating func renewActive(_ old: UInt32) -> Bool {
    var hasNoAccess = false
    for cpu in kept.indices where kept[cpu] == old {
      kept[cpu] = old & 0xff | generation
      hasNoAccess = true
    }
    return hasNoAccess
  }

  private mutating func allocate() -> UInt32? {
    // The word of `next` first, without the bits before it; these come last.
    for step in 0...Self.asidCount / 32 {
      let word = (next / 32 + step) % (Self.asidCount / 32)
      let before: UInt32 = step == 0 ? 1 << (next % 32) - 1 : 0
      let free = ~(used[Int(word)] | before)
      guard free != 0 else { continue }
      let bit = UInt32(free.trailingZeroBitCount)
      used[Int(word)] |= 1 << bit
      let asid = word * 32 + bit
      next = (asid + 1) % Self.asidCount
      return asid
    }
    return nil
  }

  /// Makes all identifiers stale; only active spaces keep their ASIDs.
  private mutating func beginGeneration() {
    generation &+= 1 << 8  // Wrapping: after 2^24 generations.
    if generation == 0 { generation = 1 << 8 }
    used = InlineArray(repeating: 0)
    used[0] = 1
    for cpu in active.indices {
      // A CPU that has not switched since the last generation still has that one's identifier
      // active.
      let value = active[cpu] == 0 ? kept[cpu] : active[cpu]
      kept[cpu] = value
      active[cpu] = 0
      let asid = value & 0xff
      used[Int(asid / 32)] |= UInt32(1) << (asid % 32)
    }
    stale = .all
    next = 1
  }
}
