// SPDX-License-Identifier: Apache-2.0
/// A driver of a UART that is used as the console. Its functions must not log, lock or need
/// interrupts, because a panic uses them. Calls are serialised.
public protocol ConsoleDevice: Driver {
  /// Sets 115,200 baud, 8 bits, no parity, no interrupt; `clock` is the clock that the UART divides,
  /// in Hz. Called once, at boot, or in a panic before that.
  ///
  /// - Called: boot, or first in a panic.
  /// - Tested by: `testPL011ConfigureWaitsForTheLastByteThenFollowsTheManual`.
  func configure(clock: UInt32)

  /// Sends a byte. Returns false at once if there is no room for it.
  ///
  /// - Errors: false: no room.
  /// - Called: any.
  /// - Tested by: `testPL011SendsOnlyWithRoomInTheFIFO`.
  func offer(_ byte: UInt8) -> Bool

  /// Returns the next received byte, or nil if there is none. Does not wait.
  ///
  /// - Returns: nil: nothing there.
  /// - Called: any.
  /// - Tested by: `testPL011ReadDropsBadBytesAndReturnsNilWhenEmpty`.
  func get() -> UInt8?

  /// Sets whether the line is raised while received bytes wait, and when there is room again after
  /// `offer` has returned false.
  ///
  /// - Called: any.
  /// - Tested by: `testPL011InterruptsAreEnabledByDirection`.
  func setInterrupts(receive: Bool, transmit: Bool)
}

extension ConsoleDevice {
  /// The console.
  public static var role: DeviceRole { .console }
}
