// SPDX-License-Identifier: Apache-2.0
import BoardSupport
import RTOSCore

/// The per-core interrupt controller of the BCM2836, a block of registers that the four cores share
/// (Broadcom, BCM2836 ARM-local peripherals, rev 3.4, chapter 4).
///
///     offset      register                        here
///     0x010       performance monitor routing set bit n: as an interrupt to core n
///     0x014       the same, clear
///     0x040 + 4n  timers of core n                bit 0 secure, 1 non-secure, 2 hypervisor, 3 virtual
///     0x050 + 4n  mailboxes of core n             bit m: mailbox m interrupts
///     0x060 + 4n  source of core n                bits 0-3 timers, 4-7 mailboxes, 8 GPU, 9 monitors
///     0x080 + 16n mailboxes of core n             mailbox m at + 4m; write: sets bits
///     0x0c0 + 16n the same                        write: clears bits
///
/// A line is its bit in the source register. There is neither priority nor acknowledgement: a source
/// stays set until its device is content, so that an interrupt is "ended" by serving it.
public struct LocalInterrupts<Bank: RegisterBank>: InterruptController {
  private enum Offset {
    static var monitorsSet: UInt32 { 0x010 }
    static var monitorsClear: UInt32 { 0x014 }
    static var timers: UInt32 { 0x040 }
    static var mailboxes: UInt32 { 0x050 }
    static var source: UInt32 { 0x060 }
    static var mailboxSet: UInt32 { 0x080 }
    static var mailboxClear: UInt32 { 0x0c0 }
  }

  /// A source that was seen.
  public struct Source: TakenInterrupt, Equatable {
    /// Its bit.
    public let line: UInt32
    /// The core that saw it.
    let core: UInt32
  }

  private static var coreCount: UInt32 { 4 }
  /// The sources that this driver can let through: timers, mailboxes and performance monitors.
  private static var known: UInt32 { 0x2ff }

  private let bank: Bank

  /// A controller whose registers are `bank`.
  public init(_ bank: Bank) { self.bank = bank }

  /// Turns the timers, mailboxes and monitors of all cores off.
  public func configureShared() {
    for core in 0..<Self.coreCount { quieten(core) }
  }

  /// Turns those of one core off.
  public func configureCPU(_ processor: UInt32) { quieten(processor) }

  /// Adds a line to those that interrupt the core.
  public func enable(line: UInt32, on processor: UInt32) {
    switch line {
    case 0..<4: add(1 << line, at: Offset.timers + processor * 4)
    case 4..<8: add(1 << (line - 4), at: Offset.mailboxes + processor * 4)
    case 9: bank.store(1 << processor, at: Offset.monitorsSet)
    default: break
    }
  }

  /// Takes a line from those that interrupt the core.
  public func disable(line: UInt32, on processor: UInt32) {
    switch line {
    case 0..<4: remove(1 << line, at: Offset.timers + processor * 4)
    case 4..<8: remove(1 << (line - 4), at: Offset.mailboxes + processor * 4)
    case 9: bank.store(1 << processor, at: Offset.monitorsClear)
    default: break
    }
  }

  /// The bits of the source register that this driver knows.
  public var lineCount: UInt32 { 10 }

  /// It has none: no handler is interrupted by another line.
  @inline(__always)
  public static var hasPriorities: Bool { false }

  /// All are: the one that is shared, the GPU's, is not this driver's.
  public func isPrivate(line: UInt32) -> Bool { true }

  /// A mailbox; there is no way to set another source.
  public func trigger(line: UInt32, on processor: UInt32) throws(InterruptError) {
    try send(line: line, to: 1 << processor)
  }

  /// Empties a mailbox; another source goes when its device is content.
  public func clear(line: UInt32, on processor: UInt32) throws(InterruptError) {
    guard line >= 4, line < 8 else { throw .unsupported }
    empty(Source(line: line, core: processor))
  }

  /// See `hasPriorities`.
  public func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError) {
    throw .unsupported
  }

  /// See `isPrivate`.
  public func setTargets(_ targets: UInt32, of line: UInt32) throws(InterruptError) {
    throw .unsupported
  }

  /// The sources are levels.
  public func setTrigger(
    _ trigger: InterruptTrigger, of line: UInt32
  ) throws(InterruptError) {
    guard trigger == .level else { throw .unsupported }
  }

  /// A mailbox.
  public func send(line: UInt32, to targets: UInt32) throws(InterruptError) {
    guard line >= 4, line < 8 else { throw .unsupported }
    signal(line - 4, to: targets)
  }

  /// The lowest source that is set, so the timers come first.
  @inline(__always)
  public func acknowledge(on processor: UInt32) -> Source? {
    let sources = bank.load(Offset.source + processor &* 4) & Self.known
    guard sources != 0 else { return nil }
    return Source(
      line: UInt32(truncatingIfNeeded: sources.trailingZeroBitCount), core: processor)
  }

  /// Empties a mailbox; nothing for the others: see above.
  @inline(__always)
  public func end(_ taken: Source) {
    if taken.line >= 4, taken.line < 8 { empty(taken) }
  }

  @inline(never)
  private func empty(_ taken: Source) {
    bank.store(.max, at: Offset.mailboxClear + taken.core * 16 + (taken.line - 4) * 4)
  }

  /// Signals are the four mailboxes of a core; a loader that lets cores wait uses the last.
  @inline(__always)
  public static var firstSignalLine: UInt32 { 4 }

  /// The core's own.
  public func signalBit(of processor: UInt32) -> UInt32 { 1 << processor }

  /// Sets a bit in a mailbox of each core.
  public func signal(_ number: UInt32, to targets: UInt32) {
    for core in 0..<Self.coreCount where targets >> core & 1 != 0 {
      bank.store(1, at: Offset.mailboxSet + core * 16 + number * 4)
    }
  }

  private func quieten(_ core: UInt32) {
    bank.store(0, at: Offset.timers + core * 4)
    bank.store(0, at: Offset.mailboxes + core * 4)
    bank.store(1 << core, at: Offset.monitorsClear)
  }

  private func remove(_ bit: UInt32, at offset: UInt32) {
    bank.store(bank.load(offset) & ~bit, at: offset)
  }

  private func add(_ bit: UInt32, at offset: UInt32) {
    bank.store(bank.load(offset) | bit, at: offset)
  }
}
