// SPDX-License-Identifier: Apache-2.0
import RTOSCore

extension GICv2.Acknowledged: TakenInterrupt {}

/// The GIC as the kernel knows controllers. What is banked belongs to the calling CPU.
extension GICv2: InterruptController {
  /// See `configureDistributor`.
  public func configureShared() { configureDistributor() }

  /// The CPU interface is banked: it knows the CPU.
  public func configureCPU(_ processor: UInt32) { configureCPU() }

  /// Software interrupts are the lines from 0 on.
  @inline(__always)
  public static var firstSignalLine: UInt32 { 0 }

  /// What the banked target registers read as (4.3.12); 0 means that there is one CPU only, the first.
  public func signalBit(of processor: UInt32) -> UInt32 { max(ownTarget(), 1) }

  /// A software interrupt.
  public func signal(_ number: UInt32, to targets: UInt32) {
    send(number, to: UInt8(truncatingIfNeeded: targets))
  }

  /// The CPU interface is banked.
  @inline(__always)
  public func acknowledge(on processor: UInt32) -> Acknowledged? { acknowledge() }

  /// From GICD_TYPER, 1020 at most.
  public var lineCount: UInt32 { min(groupCount() * 32, 1020) }

  /// It has, 16 at least (3.3).
  @inline(__always)
  public static var hasPriorities: Bool { true }

  /// SGIs and PPIs.
  public func isPrivate(line: UInt32) -> Bool { line < 32 }

  /// See `enable`.
  public func enable(line: UInt32, on processor: UInt32) {
    if let line = Line(line) { enable(line) }
  }

  /// See `disable`; a GIC need not let SGIs be disabled (4.3.6).
  public func disable(line: UInt32, on processor: UInt32) {
    if let line = Line(line) { disable(line) }
  }

  /// See `trigger`.
  public func trigger(line: UInt32, on processor: UInt32) throws(InterruptError) {
    trigger(try known(line))
  }

  /// See `clear`.
  public func clear(line: UInt32, on processor: UInt32) throws(InterruptError) {
    clear(try known(line))
  }

  /// The upper five bits of the line's byte; a GIC with four takes two neighbours for one.
  public func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError) {
    setPriority(UInt8(truncatingIfNeeded: priority << 3), of: try known(line))
  }

  /// GICD_ITARGETSR; SGIs and PPIs have none.
  public func setTargets(_ targets: UInt32, of line: UInt32) throws(InterruptError) {
    guard !isPrivate(line: line) else { throw .unsupported }
    setTargets(UInt8(truncatingIfNeeded: targets), of: try known(line))
  }

  /// GICD_ICFGR, for SPIs: of the others the GIC decides.
  public func setTrigger(
    _ trigger: InterruptTrigger, of line: UInt32
  ) throws(InterruptError) {
    guard !isPrivate(line: line) else { throw .unsupported }
    setEdge(trigger == .edge, of: try known(line))
  }

  /// An SGI.
  public func send(line: UInt32, to targets: UInt32) throws(InterruptError) {
    guard line < 16 else { throw .unsupported }
    send(line, to: UInt8(truncatingIfNeeded: targets))
  }

  private func known(_ line: UInt32) throws(InterruptError) -> Line {
    guard let line = Line(line) else { throw .noSuchLine }
    return line
  }
}
