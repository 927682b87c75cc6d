// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Which CPU the test speaks for, and whether its interrupts are masked.
package enum TestProcessor: Processor {
  nonisolated(unsafe) package static var number: UInt32 = 0
  nonisolated(unsafe) package static var isMasked = false

  package static func maskInterrupts() -> InterruptState {
    defer { isMasked = true }
    return InterruptState(rawValue: isMasked ? 1 : 0)
  }
  package static func restoreInterrupts(_ state: InterruptState) { isMasked = state.rawValue != 0 }
  package static func memoryBarrier() {}
  package static func storeBarrier() {}
  package static func relax() {}
  package static func waitForInterrupt() {}
}
