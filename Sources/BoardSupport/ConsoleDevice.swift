// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A polled UART, used as the console. `put` waits for room in the FIFO, and returns when the byte
/// is in it. It must not log, lock or need interrupts, because a panic uses it.
public protocol ConsoleDevice: TextSink {
  /// Sets 115,200 baud, 8 bits, no parity, no interrupt. Called once, at boot, or in a panic before
  /// that.
  ///
  /// - Called: boot, or first in a panic.
  /// - Tested by: `testPL011ConfigureWaitsForTheLastByteThenFollowsTheManual`.
  func configure()

  /// Returns the next received byte, or nil if there is none. Does not wait.
  ///
  /// - Returns: nil: nothing there.
  /// - Called: task.
  /// - Tested by: `testPL011ConfigureWaitsForTheLastByteThenFollowsTheManual`.
  func get() -> UInt8?
}

extension PL011: ConsoleDevice {
  /// Sets 115,200 baud, 8 bits, no parity, no interrupt, at the clock that the UART was made with.
  public func configure() { configure(clock: clock, baud: 115_200) }
}
