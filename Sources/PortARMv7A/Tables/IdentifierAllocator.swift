// SPDX-License-Identifier: Apache-2.0
/// Hands out the 8-bit ASIDs of the processor to any number of address spaces.
///
/// An identifier has the ASID in bits 7 to 0 and above it the generation in which it was given. A
/// generation has the ASIDs 1 to 255; ASID 0 stands between address spaces. When all are given, the
/// next generation begins: every identifier is stale then, except that a space that a CPU has
/// active keeps its ASID, and each CPU must empty its TLB before it activates a space again.
/// The holder serialises calls; this is plain arithmetic and touches no register.
public struct IdentifierAllocator: ~Copyable {
  /// The most CPUs.
  public static var cpuLimit: Int { 8 }

  /// What a CPU has to do to activate a space.
  public struct Activation: Equatable, Sendable {
    /// The identifier to store in the space's table and to put into CONTEXTIDR.
    public let identifier: AddressSpaceIdentifier
    /// Whether this CPU must first invalidate its whole TLB.
    public let mustInvalidate: Bool
  }

  private static var asidCount: UInt32 { 256 }

  /// The generation, in bits 31 to 8. It wraps after 2^24 generations, more than 4 * 10^9 spaces;
  /// one that slept through all of them could meet its own number again.
  private var generation: UInt32 = 1 << 8
  /// A bit for each ASID that is given in this generation.
  private var used = InlineArray<8, UInt32>(repeating: 0)
  /// Where the search goes on.
  private var next: UInt32 = 1
  /// What each CPU has active in this generation; 0 before its first activation in it.
  private var active = InlineArray<8, UInt32>(repeating: 0)
  /// What each CPU had active when this generation began.
  private var kept = InlineArray<8, UInt32>(repeating: 0)
  /// A bit for each CPU that has not emptied its TLB in this generation.
  private var stale: UInt32 = 0

  /// An allocator that has given nothing yet.
  public init() { used[0] = 1 }

  /// How many ASIDs of this generation are given.
  public var usedCount: Int {
    var count = -1  // ASID 0 is nobody's.
    for index in used.indices { count += used[index].nonzeroBitCount }
    return count
  }

  /// Lets `cpu` (below `cpuLimit`) activate the space that has `old`; an identifier with the raw
  /// value 0 stands for a space that has none yet.
  public mutating func activate(_ old: AddressSpaceIdentifier, on cpu: Int) -> Activation {
    let isCurrent = old.rawValue & ~0xff == generation
    let value = isCurrent ? old.rawValue : renewed(old.rawValue)
    active[cpu] = value
    let mustInvalidate = stale & 1 << UInt32(cpu) != 0
    stale &= ~(1 << UInt32(cpu))
    return Activation(
      identifier: AddressSpaceIdentifier(rawValue: value), mustInvalidate: mustInvalidate)
  }

  /// An identifier of this generation for a space whose own is older.
  private mutating func renewed(_ old: UInt32) -> UInt32 {
    if old != 0, keep(old) { return old & 0xff | generation }
    if let asid = takeFree() { return asid | generation }
    beginGeneration()
    if old != 0, keep(old) { return old & 0xff | generation }
    guard let asid = takeFree() else { preconditionFailure("more CPUs than ASIDs") }
    return asid | generation
  }

  /// Whether a CPU had `old` active when the generation began; all of them then know it anew.
  private mutating func keep(_ old: UInt32) -> Bool {
    var isKept = false
    for cpu in kept.indices where kept[cpu] == old {
      kept[cpu] = old & 0xff | generation
      isKept = true
    }
    return isKept
  }

  private mutating func takeFree() -> UInt32? {
    for step in 0..<Self.asidCount {
      let asid = (next + step) % Self.asidCount
      let (word, bit) = (Int(asid / 32), UInt32(1) << (asid % 32))
      if used[word] & bit == 0 {
        used[word] |= bit
        next = (asid + 1) % Self.asidCount
        return asid
      }
    }
    return nil
  }

  /// Makes all identifiers stale, except that the spaces that run keep their ASIDs.
  private mutating func beginGeneration() {
    generation &+= 1 << 8  // Wrapping: see the property.
    if generation == 0 { generation = 1 << 8 }
    used = InlineArray(repeating: 0)
    used[0] = 1
    for cpu in active.indices {
      // A CPU that has not switched since the last generation still runs what it kept.
      let value = active[cpu] == 0 ? kept[cpu] : active[cpu]
      kept[cpu] = value
      active[cpu] = 0
      let asid = value & 0xff
      used[Int(asid / 32)] |= UInt32(1) << (asid % 32)
    }
    stale = 0xff
    next = 1
  }
}
