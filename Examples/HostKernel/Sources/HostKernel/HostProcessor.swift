// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import Synchronization

/// The host's CPU as the portable modules see it: one, without interrupts.
enum HostProcessor: Processor {
  static var number: UInt32 { 0 }
  static func maskInterrupts() -> InterruptState { InterruptState(rawValue: 0) }
  static func restoreInterrupts(_ state: InterruptState) {}
  static func memoryBarrier() { atomicMemoryFence(ordering: .sequentiallyConsistent) }
  static func storeBarrier() { atomicMemoryFence(ordering: .releasing) }
  static func relax() {}
  static func waitForInterrupt() {}
}
