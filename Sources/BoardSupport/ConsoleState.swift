// SPDX-License-Identifier: Apache-2.0
/// What a kernel knows about its console, from the boot on.
public struct ConsoleState<Device: ConsoleDevice> {
  /// The UART, nil without one.
  public var device: Device?
  /// The UART's interrupt line; `.max` if it has none.
  public var line = UInt32.max
  /// True if the kernel's log is hidden.
  public var isQuiet = false
  /// True once programs may use the console.
  public var isShared = false
  /// True after a panic: no other code runs.
  public var isAlone = false

  /// The state before the console is found.
  public init() {}
}
