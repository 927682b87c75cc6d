// SPDX-License-Identifier: Apache-2.0
import RTOSCore

extension GICv2.Acknowledged: TakenInterrupt {}

/// The GIC as the kernel's interrupt controller. Banked registers are those of the calling CPU.
extension GICv2: InterruptController {
  /// The names of ARM's binding (arm,gic). A GICv3 has others: it has no CPU interface in memory.
  public static var compatible: CompatibleNames {
    CompatibleNames("arm,cortex-a15-gic", "arm,gic-400")
  }

  /// The distributor and the CPU interface. Those of the virtualisation extensions are not used.
  public static var blockCount: ClosedRange<Int> { 2...2 }

  /// The controller of the device tree.
  public init?(_ device: Device<Bank>) {
    self.init(distributor: device.blocks[0], interface: device.blocks[1])
  }

  /// Three words: 0 for shared or 1 for private, the number among these, flags.
  public static var specifierWordCount: UInt32 { 3 }

  /// The line as the GIC numbers it: 32 + n for a shared one, 16 + n for a private one.
  public static func line(of specifier: InterruptSpecifier) -> UInt32? {
    switch (specifier[0], specifier[1]) {
    case (0, let number) where number < 988: 32 + number
    case (1, let number) where number < 16: 16 + number
    default: nil
    }
  }

  /// Initialises the distributor and all shared lines (`configureDistributor`).
  public func configureShared() { configureDistributor() }

  /// Initialises the calling CPU's interface and banked lines. The argument is not needed: they are
  /// banked.
  public func configureCPU(_ processor: UInt32) { configureCPU() }

  /// The line of the first IPI: software interrupts are the lines from 0 on.
  @inline(__always)
  public static var firstIPILine: UInt32 { 0 }

  /// The calling CPU's bit, read from the banked target registers (4.3.12). They read as 0 on a
  /// uniprocessor, whose bit is the first.
  public func ipiTarget(of processor: UInt32) -> UInt32 { max(ownTarget(), 1) }

  /// Sends an IPI as a software interrupt.
  public func sendIPI(_ number: UInt32, to targets: UInt32) {
    sendSGI(number, to: UInt8(truncatingIfNeeded: targets))
  }

  /// Acknowledges an interrupt of the calling CPU. The argument is not needed: the interface is
  /// banked.
  @inline(__always)
  public func acknowledge(on processor: UInt32) -> Acknowledged? { acknowledge() }

  /// The number of lines, from GICD_TYPER; at most 1020.
  public var lineCount: UInt32 { min(groupCount() * 32, 1020) }

  /// True: a GIC has at least 16 priorities (3.3).
  @inline(__always)
  public static var hasPriorities: Bool { true }

  /// True for the banked lines: SGIs and PPIs.
  public func isBanked(line: UInt32) -> Bool { line < 32 }

  /// Enables a line; an invalid number is ignored.
  public func enable(line: UInt32, on processor: UInt32) {
    if let line = Line(line) { enable(line) }
  }

  /// Disables a line; an invalid number is ignored. A GIC need not let SGIs be disabled (4.3.6).
  public func disable(line: UInt32, on processor: UInt32) {
    if let line = Line(line) { disable(line) }
  }

  /// Makes a line pending; throws `noSuchLine` for an invalid number.
  public func trigger(line: UInt32, on processor: UInt32) throws(InterruptError) {
    trigger(try known(line))
  }

  /// Clears a pending line; throws `noSuchLine` for an invalid number.
  public func clear(line: UInt32, on processor: UInt32) throws(InterruptError) {
    clear(try known(line))
  }

  /// Sets a line's priority in the upper five bits of its byte. A GIC with four bits treats two
  /// neighbouring values as one.
  public func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError) {
    setPriority(UInt8(truncatingIfNeeded: priority << 3), of: try known(line))
  }

  /// Sets a shared line's target CPUs (GICD_ITARGETSR). SGIs and PPIs have no targets, and throw
  /// `unsupported`.
  public func setTargets(_ targets: UInt32, of line: UInt32) throws(InterruptError) {
    guard !isBanked(line: line) else { throw .unsupported }
    setTargets(UInt8(truncatingIfNeeded: targets), of: try known(line))
  }

  /// Sets a shared line's trigger (GICD_ICFGR). The GIC fixes that of SGIs and PPIs, which throw
  /// `unsupported`.
  public func setTrigger(
    _ trigger: InterruptTrigger, of line: UInt32
  ) throws(InterruptError) {
    guard !isBanked(line: line) else { throw .unsupported }
    setEdge(trigger == .edge, of: try known(line))
  }

  /// Sends an SGI to the CPUs in `targets`; throws `unsupported` for other lines.
  public func sendIPI(line: UInt32, to targets: UInt32) throws(InterruptError) {
    guard line < 16 else { throw .unsupported }
    sendSGI(line, to: UInt8(truncatingIfNeeded: targets))
  }

  private func known(_ line: UInt32) throws(InterruptError) -> Line {
    guard let line = Line(line) else { throw .noSuchLine }
    return line
  }
}
