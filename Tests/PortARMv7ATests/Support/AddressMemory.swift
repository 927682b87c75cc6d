// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// User memory in which each word that is loaded is its own address, except for the instruction at
/// `instructionAddress`. The 64 KiB from `hole` on are not mapped.
enum AddressMemory: UserMemory {
  static let instructionAddress: UInt32 = 0x1_1000
  static let hole: UInt32 = 0x9_0000
  nonisolated(unsafe) static var instruction: UInt32 = 0

  static func copyIn(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, count: Int
  ) -> Bool {
    guard !(hole..<hole + 0x1_0000).contains(address) else { return false }
    let word = address == instructionAddress ? instruction : address
    for offset in stride(from: 0, to: count, by: 4) {
      destination.storeBytes(of: word &+ UInt32(offset), toByteOffset: offset, as: UInt32.self)
    }
    return true
  }

  static func copyOut(_ source: UnsafeRawPointer, to address: UInt32, count: Int) -> Bool { true }

  static func copyString(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, room: Int
  ) -> Int? { nil }
}
