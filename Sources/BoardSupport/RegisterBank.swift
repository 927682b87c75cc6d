// SPDX-License-Identifier: Apache-2.0
/// The registers of one device, by their offset in bytes.
///
/// Drivers access the bus only through it, so a test runs the same driver on a bank that records
/// accesses. Each call is one access to the device, in the order of the calls.
public protocol RegisterBank {
  /// Reads the 32-bit register at `offset`, a multiple of 4.
  ///
  /// - Called: as the driver.
  /// - Tested by: `testEnableKeepsTheOtherLinesEnabled`.
  func load(_ offset: UInt32) -> UInt32

  /// Writes the 32-bit register at `offset`, a multiple of 4.
  ///
  /// - Called: as the driver.
  /// - Tested by: `testConfigureOfOneCoreLeavesTheOthersAlone`.
  func store(_ value: UInt32, at offset: UInt32)

  /// Writes the 8-bit register at `offset`.
  ///
  /// - Called: as the driver.
  /// - Tested by: `testPL011ConfigureWaitsForTheLastByteThenFollowsTheManual`.
  func storeByte(_ value: UInt8, at offset: UInt32)
}
