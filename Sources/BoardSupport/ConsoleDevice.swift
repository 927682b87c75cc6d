// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A UART that is polled: the console. `put` waits for room and returns once the byte is on its way;
/// it must not log, lock or need interrupts, because a panic uses it.
public protocol ConsoleDevice: TextSink {
  /// Sets 115,200 baud, 8 bits, no parity, no interrupt. Once, at boot or in a panic before the
  /// boot got that far.
  func configure()

  /// The next byte that has come in, or nil when there is none. Does not wait.
  func get() -> UInt8?
}

extension PL011: ConsoleDevice {
  /// At the clock that it was made with.
  public func configure() { configure(clock: clock, baud: 115_200) }
}
