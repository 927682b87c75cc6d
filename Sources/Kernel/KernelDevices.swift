// SPDX-License-Identifier: Apache-2.0
import Board
import PortARMv7A
import RTOSCore

// SAFETY: the driver is written once at boot, before a second CPU or a program runs; registers are
// mapped as device memory, completely and permanently.
/// The devices of this machine: their registers in the kernel's device windows, and their drivers.
enum KernelDevices {
  /// The driver that powers the board off; nil if the device tree names no device for it.
  nonisolated(unsafe) private static var power: MachineBoard.Power?

  /// Makes the driver of the device in its role, at boot; nil if there is none that can be used.
  static func driver<D: Driver>(_ type: D.Type, of board: BoardDescription) -> D?
  where D.Bank == MappedRegisters { board.driver(type, map: map, report: report) }

  @inline(never)
  private static func report(_ role: DeviceRole, _ error: DeviceError) {
    Log.line("devices: \(role.name) not used: \(error.reason)")
  }

  /// Maps a device's registers permanently. Called at boot, or in a panic.
  @inline(never)
  static func map(_ registers: PhysicalRange) throws(DeviceError) -> MappedRegisters {
    let windows = try DeviceWindows.find(registers, limit: KernelMap.deviceWindowCount) {
      KernelMap.deviceWindow($0)
    }
    let address = KernelMap.mapDevice(at: registers.base, windows: windows)
    return unsafe MappedRegisters(mappedAt: UInt(address))
  }

  /// Makes the driver that powers the board off without firmware.
  static func startPower(_ board: BoardDescription) {
    unsafe power = driver(MachineBoard.Power.self, of: board)
    Power.setBoardOff { unsafe KernelDevices.power?.switchOff() }
  }
}
