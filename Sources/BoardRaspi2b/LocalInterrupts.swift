// SPDX-License-Identifier: Apache-2.0
import BoardSupport
import RTOSCore

/// The per-core interrupt controller of the BCM2836, a block of registers that the four cores share
/// (Broadcom, BCM2836 ARM-local peripherals, rev 3.4, chapter 4).
///
///     offset      register                        here
///     0x010       performance monitor routing set bit n: as an interrupt to core n
///     0x014       performance monitor routing clear bit n: not to core n
///     0x040 + 4n  timers of core n                bit 0 secure, 1 non-secure, 2 hypervisor, 3 virtual
///     0x050 + 4n  mailboxes of core n             bit m: mailbox m interrupts
///     0x060 + 4n  source of core n                bits 0-3 timers, 4-7 mailboxes, 8 GPU, 9 monitors
///     0x080 + 16n mailboxes of core n             mailbox m at + 4m; write: sets bits
///     0x0c0 + 16n mailboxes of core n             write: clears bits
///
/// A line is its bit in the source register. The controller has neither priorities nor an
/// acknowledge register: a source stays set until its device is served, which ends the interrupt.
/// Source 8 is the peripherals' controller (`PeripheralInterrupts`), which interrupts core 0. Its
/// interrupts are the lines from 16 on.
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

  /// An acknowledged source.
  public struct Source: TakenInterrupt, Equatable {
    /// Its bit in the source register.
    public let line: UInt32
    /// The core that acknowledged it.
    let core: UInt32
  }

  private static var coreCount: UInt32 { 4 }
  /// The source of the peripherals' controller.
  private static var peripheralSource: UInt32 { 8 }
  /// The line of the peripherals' first interrupt.
  private static var firstPeripheral: UInt32 { 16 }
  /// The sources that this driver serves: timers, mailboxes, peripherals and performance monitors.
  private static var known: UInt32 { 0x3ff }

  /// The name of the binding.
  public static var compatible: CompatibleNames { CompatibleNames("brcm,bcm2836-l1-intc") }

  /// The cores' block, and that of the peripherals' controller if the tree lists it.
  public static var blockCount: ClosedRange<Int> { 1...2 }

  /// Two words: the line, flags.
  public static var specifierWordCount: UInt32 { 2 }

  /// The line of a specifier, which is its first word.
  public static func line(of specifier: InterruptSpecifier) -> UInt32? {
    specifier[0] < firstPeripheral + PeripheralInterrupts<Bank>.count ? specifier[0] : nil
  }

  private let bank: Bank
  private let peripherals: PeripheralInterrupts<Bank>?

  /// The controllers of the device tree.
  public init?(_ device: Device<Bank>) {
    let blocks = device.blocks
    self.init(blocks[0], peripherals: blocks.count > 1 ? blocks[1] : nil)
  }

  /// A controller whose registers are `bank`, and those of the peripherals' controller
  /// `peripherals`; without these, no peripheral has a line.
  public init(_ bank: Bank, peripherals: Bank? = nil) {
    self.bank = bank
    self.peripherals = peripherals.map { PeripheralInterrupts($0) }
  }

  /// Disables the timers, mailboxes and monitors of all cores, and all peripherals.
  public func configureShared() {
    for core in 0..<Self.coreCount { disableAll(core) }
    peripherals?.disableAll()
  }

  /// Disables the timers, mailboxes and monitors of one core.
  public func configureCPU(_ processor: UInt32) { disableAll(processor) }

  /// Enables a line on a core; unknown lines are ignored.
  public func enable(line: UInt32, on processor: UInt32) {
    switch line {
    case 0..<4: add(1 << line, at: Offset.timers + processor * 4)
    case 4..<8: add(1 << (line - 4), at: Offset.mailboxes + processor * 4)
    case 9: bank.store(1 << processor, at: Offset.monitorsSet)
    case Self.firstPeripheral..<lineCount: peripherals?.enable(line - Self.firstPeripheral)
    default: break
    }
  }

  /// Disables a line on a core; unknown lines are ignored.
  public func disable(line: UInt32, on processor: UInt32) {
    switch line {
    case 0..<4: remove(1 << line, at: Offset.timers + processor * 4)
    case 4..<8: remove(1 << (line - 4), at: Offset.mailboxes + processor * 4)
    case 9: bank.store(1 << processor, at: Offset.monitorsClear)
    case Self.firstPeripheral..<lineCount: peripherals?.disable(line - Self.firstPeripheral)
    default: break
    }
  }

  /// The number of lines: up to the peripherals' last one.
  public var lineCount: UInt32 { Self.firstPeripheral + PeripheralInterrupts<Bank>.count }

  /// False: the controller has no priorities, so no line preempts another line's handler.
  @inline(__always)
  public static var hasPriorities: Bool { false }

  /// True for the lines of a core; the peripherals' are shared.
  public func isBanked(line: UInt32) -> Bool { line < Self.firstPeripheral }

  /// Raises a line on a core. Only mailboxes can be set; other lines throw `unsupported`.
  public func trigger(line: UInt32, on processor: UInt32) throws(InterruptError) {
    try sendIPI(line: line, to: 1 << processor)
  }

  /// Clears a mailbox. Other sources are cleared by their devices, so their lines throw
  /// `unsupported`.
  public func clear(line: UInt32, on processor: UInt32) throws(InterruptError) {
    guard line >= 4, line < 8 else { throw .unsupported }
    empty(Source(line: line, core: processor))
  }

  /// Throws `unsupported`: the controller has no priorities.
  public func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError) {
    throw .unsupported
  }

  /// Throws `unsupported`: peripherals interrupt core 0.
  public func setTargets(_ targets: UInt32, of line: UInt32) throws(InterruptError) {
    throw .unsupported
  }

  /// Accepts `level` only, the trigger of all sources; throws `unsupported` for others.
  public func setTrigger(
    _ trigger: InterruptTrigger, of line: UInt32
  ) throws(InterruptError) {
    guard trigger == .level else { throw .unsupported }
  }

  /// Raises a mailbox line on the cores in `targets`; throws `unsupported` for other lines.
  public func sendIPI(line: UInt32, to targets: UInt32) throws(InterruptError) {
    guard line >= 4, line < 8 else { throw .unsupported }
    sendIPI(line - 4, to: targets)
  }

  /// Returns the lowest pending source of the core, so the timers come first; nil if none is
  /// pending.
  @inline(__always)
  public func acknowledge(on processor: UInt32) -> Source? {
    let sources = bank.load(Offset.source + processor &* 4) & Self.known
    guard sources != 0 else { return nil }
    let source = UInt32(truncatingIfNeeded: sources.trailingZeroBitCount)
    guard source != Self.peripheralSource else { return acknowledgePeripheral(on: processor) }
    return Source(line: source, core: processor)
  }

  @inline(never)
  private func acknowledgePeripheral(on processor: UInt32) -> Source? {
    guard let number = peripherals?.pending() else { return nil }
    return Source(line: Self.firstPeripheral + number, core: processor)
  }

  /// Ends an interrupt: clears a mailbox. Other sources are cleared by their devices.
  @inline(__always)
  public func end(_ taken: Source) {
    if taken.line >= 4, taken.line < 8 { empty(taken) }
  }

  @inline(never)
  private func empty(_ taken: Source) {
    bank.store(.max, at: Offset.mailboxClear + taken.core * 16 + (taken.line - 4) * 4)
  }

  /// The line of the first IPI: IPIs are the four mailboxes of a core. A loader's parking loop uses
  /// the last one.
  @inline(__always)
  public static var firstIPILine: UInt32 { 4 }

  /// The core's bit in target masks.
  public func ipiTarget(of processor: UInt32) -> UInt32 { 1 << processor }

  /// Sends IPI `number`: sets a bit in that mailbox of each core in `targets`.
  public func sendIPI(_ number: UInt32, to targets: UInt32) {
    for core in 0..<Self.coreCount where targets >> core & 1 != 0 {
      bank.store(1, at: Offset.mailboxSet + core * 16 + number * 4)
    }
  }

  private func disableAll(_ core: UInt32) {
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
