// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A driver of a UART that is used as the console.
public protocol ConsoleDevice: Driver, SerialDevice {
  /// Sets 115,200 baud, 8 bits, no parity, no interrupt; `clock` is the clock that the UART divides,
  /// in Hz. Called once, at boot, or in a panic before that.
  ///
  /// - Called: boot, or first in a panic.
  /// - Tested by: `testPL011ConfigureWaitsForTheLastByteThenFollowsTheManual`.
  func configure(clock: UInt32)
}

extension ConsoleDevice {
  /// The console.
  public static var role: DeviceRole { .console }
}
