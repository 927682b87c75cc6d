// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The Raspberry Pi 2 B: BCM2836 with its own interrupt controller, a PL011, no calendar clock, no PSCI,
/// memory from address 0, and three processors that wait awake for their first address.
///
/// The device tree is image/boards/raspi2b/raspi2b.dts; it has the devices in its root node.
public enum Raspi2bBoard: Board {
  private static var localPeripherals: PhysicalRange {
    PhysicalRange(base: 0x4000_0000, byteCount: 0x100)
  }
  private static var powerManager: PhysicalRange {
    PhysicalRange(base: 0x3f10_0000, byteCount: 0x200)
  }

  // SAFETY: written once at boot, before a second CPU or a program runs, and read-only afterwards.
  nonisolated(unsafe) private static var power: MappedRegisters?

  /// The controller's own binding, and ARM's UART.
  public static var deviceNames: DeviceNames {
    DeviceNames(
      interruptController: ("brcm,bcm2836-l1-intc", "brcm,bcm2836-l1-intc"),
      interruptSpecifier: .numberFlags, console: "arm,pl011", realTimeClock: "arm,pl031")
  }

  /// The PL011, where the ARM cores see it (BCM2835 peripherals, section 13, less the bus offset).
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x3f20_1000, byteCount: 0x1000)
  }

  /// The firmware sets the UART's clock to 48 MHz.
  @inline(__always)
  public static func console(_ registers: MappedRegisters) -> PL011<MappedRegisters> {
    PL011(registers, clock: 48_000_000)
  }

  /// One block for all cores.
  public static func interrupts(
    _ found: BoardDescription.InterruptController, map: DeviceMapping
  ) -> LocalInterrupts<MappedRegisters>? {
    LocalInterrupts(map(found.distributor, 1))
  }

  /// The board has none, whatever a tree says.
  public static func clock(_ found: PhysicalRange, map: DeviceMapping) -> AbsentClock? { nil }

  /// Sends the three other cores to sleep: awake they would fetch from memory that is the kernel's.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {
    let mailboxes = CoreMailboxes(map(localPeripherals, 4))
    for core in 1..<UInt32(4) { mailboxes.send(core, to: parkingAddress) }
    // SAFETY: see the declaration.
    unsafe power = map(powerManager, 5)
  }

  /// Through the watchdog, since there is no firmware to ask.
  public static func switchOff() {
    // SAFETY: see the declaration.
    guard let registers = unsafe power else { return }
    PowerManager(registers).switchOff()
  }
}
