// SPDX-License-Identifier: Apache-2.0
/// The event bits that a task waits for.
public struct WantedEvents {
  /// Which bits of its mask a task waits for.
  public enum Mode: UInt32, Sendable {
    /// Any one of them.
    case any = 0
    /// All of them.
    case all = 1
  }

  let mask: UInt32
  let mode: Mode
  /// The bits that satisfy the task are cleared.
  let clears: Bool

  /// The bits of `mask` that are set in `bits` if they satisfy the task, otherwise 0.
  func match(_ bits: UInt32) -> UInt32 {
    let found = bits & mask
    return mode == .all && found != mask ? 0 : found
  }
}
