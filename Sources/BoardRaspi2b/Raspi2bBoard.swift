// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The Raspberry Pi 2 B: a BCM2836 with its own interrupt controller, a PL011, no calendar clock,
/// no PSCI and RAM from address 0. The three other cores are awake, and wait for an address.
///
/// The device tree is image/boards/raspi2b/raspi2b.dts, with all devices in its root node.
public enum Raspi2bBoard: Board {
  private static var localPeripherals: PhysicalRange {
    PhysicalRange(base: 0x4000_0000, byteCount: 0x100)
  }
  private static var powerManager: PhysicalRange {
    PhysicalRange(base: 0x3f10_0000, byteCount: 0x200)
  }

  // SAFETY: written once at boot, before a second CPU or a program runs, and read-only afterwards.
  nonisolated(unsafe) private static var power: MappedRegisters?

  /// The interrupt controller's own binding, and ARM's UART.
  public static var deviceNames: DeviceNames {
    DeviceNames(
      interruptController: ("brcm,bcm2836-l1-intc", "brcm,bcm2836-l1-intc"),
      interruptSpecifier: .numberFlags, console: "arm,pl011", realTimeClock: "arm,pl031")
  }

  /// The PL011 at its address for the ARM cores (BCM2835 peripherals, section 13, less the bus
  /// offset).
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x3f20_1000, byteCount: 0x1000)
  }

  /// The console; the firmware sets the UART's clock to 48 MHz.
  @inline(__always)
  public static func console(_ registers: MappedRegisters) -> PL011<MappedRegisters> {
    PL011(registers, clock: 48_000_000)
  }

  /// The interrupt controllers: a block of registers for all cores, and one for peripherals.
  public static func interrupts(
    _ found: BoardDescription.InterruptController, map: DeviceMapping
  ) -> LocalInterrupts<MappedRegisters>? {
    LocalInterrupts(map(found.distributor, 1), peripherals: found.interface.map { map($0, 2) })
  }

  /// Returns nil: the board has no calendar clock, even if a tree lists one.
  public static func clock(_ found: PhysicalRange, map: DeviceMapping) -> AbsentClock? { nil }

  /// Parks the three other cores: while awake they would fetch from memory that the kernel uses.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {
    let mailboxes = CoreMailboxes(map(localPeripherals, 4))
    for core in 1..<UInt32(4) { mailboxes.send(core, to: parkingAddress) }
    // SAFETY: this is the one write, at boot, before a second CPU or a program runs.
    unsafe power = map(powerManager, 5)
  }

  /// Powers off by the watchdog, because there is no firmware.
  public static func switchOff() {
    // SAFETY: `prepare` wrote it once at boot; it is nil before.
    guard let registers = unsafe power else { return }
    PowerManager(registers).switchOff()
  }
}
