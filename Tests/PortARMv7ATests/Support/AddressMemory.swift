// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// User memory in which each word that is loaded is its own address, except for the instruction at
/// `instructionAddress`. The 64 KiB from `hole` on are not mapped.
enum AddressMemory: UserMemory {
  static let instructionAddress: UInt32 = 0x1_1000
  static let hole: UInt32 = 0x9_0000
  nonisolated(unsafe) static var instruction: UInt32 = 0

  static func copyIn(
    _ destination: UnsafeMutableRawPointer, from range: UserRange
  ) -> Bool {
    let address = range.base.word
    guard !(hole..<hole + 0x1_0000).contains(address) else { return false }
    let word = address == instructionAddress ? instruction : address
    for offset in stride(from: 0, to: Int(range.count), by: 4) {
      destination.storeBytes(of: word &+ UInt32(offset), toByteOffset: offset, as: UInt32.self)
    }
    return true
  }

  static func copyOut(_ source: UnsafeRawPointer, to range: UserRange) -> Bool { true }

  static func copyString(
    _ destination: UnsafeMutableRawPointer, from range: UserRange
  ) -> Word? { nil }
}
