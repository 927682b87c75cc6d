// SPDX-License-Identifier: Apache-2.0
/// The driver of ARM's interrupt controller GIC, architecture version 2 (ARM IHI 0048B).
///
/// Lines 0 to 15 are software-generated interrupts (SGI), and 16 to 31 are private peripheral
/// interrupts (PPI); their registers are banked. Lines from 32 on are shared (SPI). Except in
/// `setEdge`, the driver writes only registers where a write affects one line, so it needs no lock.
///
///     distributor (4.3)                         CPU interface (4.4)
///     0x000  GICD_CTLR        bit 0 on          0x00  GICC_CTLR  bit 0 on
///     0x004  GICD_TYPER       bits 0-4 lines    0x04  GICC_PMR   passes higher priorities
///     0x100  GICD_ISENABLER   1 bit per line    0x08  GICC_BPR   priority grouping
///     0x180  GICD_ICENABLER   1 bit             0x0c  GICC_IAR   bits 0-9 line, 10-12 sender
///     0x200  GICD_ISPENDR     1 bit
///     0x280  GICD_ICPENDR     1 bit             0x10  GICC_EOIR  value that GICC_IAR returned
///     0x380  GICD_ICACTIVER   1 bit
///     0x400  GICD_IPRIORITYR  8 bits
///     0x800  GICD_ITARGETSR   8 bits
///     0xc00  GICD_ICFGR       2 bits: 0 level, 2 edge
///     0xf00  GICD_SGIR        bits 16-23 targets, 0-3 line
///     0xf10  GICD_CPENDSGIR   8 bits, the senders
public struct GICv2<Bank: RegisterBank> {
  private enum Distributor {
    static var control: UInt32 { 0x000 }
    static var type: UInt32 { 0x004 }
    static var setEnable: UInt32 { 0x100 }
    static var clearEnable: UInt32 { 0x180 }
    static var setPending: UInt32 { 0x200 }
    static var clearPending: UInt32 { 0x280 }
    static var clearActive: UInt32 { 0x380 }
    static var priority: UInt32 { 0x400 }
    static var targets: UInt32 { 0x800 }
    static var configuration: UInt32 { 0xc00 }
    static var softwareInterrupt: UInt32 { 0xf00 }
    static var clearSoftware: UInt32 { 0xf10 }
  }

  private enum Interface {
    static var control: UInt32 { 0x00 }
    static var priorityMask: UInt32 { 0x04 }
    static var binaryPoint: UInt32 { 0x08 }
    static var acknowledge: UInt32 { 0x0c }
    static var end: UInt32 { 0x10 }
  }

  /// One interrupt line by its number: 0 to 1019.
  public struct Line: Equatable, Sendable {
    /// The number.
    public let number: UInt32

    /// A line; nil for invalid numbers. 1020 to 1023 mean "nothing pending" (3.2.5).
    public init?(_ number: UInt32) {
      guard number < 1020 else { return nil }
      self.number = number
    }
  }

  /// An interrupt that this CPU has acknowledged and must end.
  public struct Acknowledged: Equatable, Sendable {
    /// The value of GICC_IAR, with the sender of an SGI, which GICC_EOIR expects.
    fileprivate let word: UInt32

    /// The interrupt's line.
    @inline(__always)
    public var line: UInt32 { word & 0x3ff }
  }

  /// The initial priority of all lines, in the middle of the range. Lower values are more urgent.
  public static var standardPriority: UInt8 { 0xa0 }

  private let distributor: Bank
  private let interface: Bank

  /// A controller with these two register blocks.
  public init(distributor: Bank, interface: Bank) {
    self.distributor = distributor
    self.interface = interface
  }

  /// The number of groups of 32 lines (GICD_TYPER.ITLinesNumber, 4.3.2): 1 to 32. The last four
  /// lines of the 32nd group do not exist.
  public func groupCount() -> UInt32 {
    distributor.load(Distributor.type) & 0x1f + 1
  }

  /// Initialises all shared lines: disabled, inactive, level-sensitive, standard priority, targeted
  /// at the calling CPU. Then enables the distributor. Called once, on the first CPU, before its
  /// `configureCPU`.
  public func configureDistributor() {
    let groups = groupCount()
    distributor.store(0, at: Distributor.control)
    // 0 means a uniprocessor.
    let target = ownTarget()
    let targets = (target == 0 ? 1 : target) &* 0x0101_0101
    let priorities = UInt32(Self.standardPriority) &* 0x0101_0101
    for group in 1..<groups {
      disableAll(group)
      for word in group * 8..<group * 8 + 8 {
        distributor.store(priorities, at: Distributor.priority + word * 4)
        distributor.store(targets, at: Distributor.targets + word * 4)
      }
      distributor.store(0, at: Distributor.configuration + group * 8)
      distributor.store(0, at: Distributor.configuration + group * 8 + 4)
    }
    distributor.store(1, at: Distributor.control)
  }

  /// Initialises the calling CPU's banked lines and enables its interface. Called once on every
  /// CPU, with interrupts masked.
  public func configureCPU() {
    interface.store(0, at: Interface.control)
    disableAll(0)
    for word in 0..<UInt32(8) {
      distributor.store(
        UInt32(Self.standardPriority) &* 0x0101_0101, at: Distributor.priority + word * 4)
    }
    interface.store(0xff, at: Interface.priorityMask)
    interface.store(0, at: Interface.binaryPoint)
    interface.store(1, at: Interface.control)
  }

  /// Enables a line; a banked one on the calling CPU.
  public func enable(_ line: Line) {
    distributor.store(bit(of: line), at: Distributor.setEnable + line.number / 32 * 4)
  }

  /// Disables a line; a pending interrupt stays pending.
  public func disable(_ line: Line) {
    distributor.store(bit(of: line), at: Distributor.clearEnable + line.number / 32 * 4)
  }

  /// Makes a line pending as its device would; an SGI is sent to the calling CPU.
  public func trigger(_ line: Line) {
    if line.number < 16 {
      distributor.store(2 << 24 | line.number, at: Distributor.softwareInterrupt)
    } else {
      distributor.store(bit(of: line), at: Distributor.setPending + line.number / 32 * 4)
    }
  }

  /// Clears a line's pending state; of an SGI, from all senders.
  public func clear(_ line: Line) {
    if line.number < 16 {
      distributor.storeByte(0xff, at: Distributor.clearSoftware + line.number)
    } else {
      distributor.store(bit(of: line), at: Distributor.clearPending + line.number / 32 * 4)
    }
  }

  /// Sets a shared line to edge or level trigger. The neighbours' bits are written back, so calls
  /// must be serialised, and the line disabled (4.3.13).
  public func setEdge(_ isEdge: Bool, of line: Line) {
    let register = Distributor.configuration + line.number / 16 * 4
    let bit: UInt32 = 2 << (line.number % 16 * 2)
    let others = distributor.load(register) & ~bit
    distributor.store(isEdge ? others | bit : others, at: register)
  }

  /// Sets a line's priority; 0 is the most urgent. GICs implement at least the upper four bits.
  public func setPriority(_ priority: UInt8, of line: Line) {
    distributor.storeByte(priority, at: Distributor.priority + line.number)
  }

  /// Sets a shared line's target CPUs: bit n of `mask` is CPU interface n.
  public func setTargets(_ mask: UInt8, of line: Line) {
    distributor.storeByte(mask, at: Distributor.targets + line.number)
  }

  /// Acknowledges the most urgent pending interrupt of this CPU and makes it active. Returns nil
  /// for a spurious interrupt, which must not be ended (4.4.4).
  @inline(__always)
  public func acknowledge() -> Acknowledged? {
    let word = interface.load(Interface.acknowledge)
    return word & 0x3ff < 1020 ? Acknowledged(word: word) : nil
  }

  /// Ends an interrupt on the CPU that acknowledged it, in reverse order of acknowledgement
  /// (4.4.5).
  @inline(__always)
  public func end(_ interrupt: Acknowledged) {
    interface.store(interrupt.word, at: Interface.end)
  }

  /// Sends SGI `number` (0 to 15) to the CPUs in `mask`. The caller makes its stores visible first,
  /// by a barrier (`dsb`, 4.3.15).
  public func sendSGI(_ number: UInt32, to mask: UInt8) {
    distributor.store(UInt32(mask) << 16 | number & 0xf, at: Distributor.softwareInterrupt)
  }

  /// The calling CPU's target bit: the first eight target bytes are those of banked lines, and read
  /// as this bit (4.3.12).
  func ownTarget() -> UInt32 { distributor.load(Distributor.targets) & 0xff }

  /// Disables 32 lines, and clears their pending and active states.
  private func disableAll(_ group: UInt32) {
    distributor.store(.max, at: Distributor.clearEnable + group * 4)
    distributor.store(.max, at: Distributor.clearPending + group * 4)
    distributor.store(.max, at: Distributor.clearActive + group * 4)
  }

  /// A line's bit in its word of 32.
  private func bit(of line: Line) -> UInt32 { 1 << (line.number % 32) }
}

extension GICv2: Sendable where Bank: Sendable {}
