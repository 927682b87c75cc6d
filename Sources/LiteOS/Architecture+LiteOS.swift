// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import TickHandler
import VmRegion

/// What the C functions use of the port, by its protocols alone.
extension Architecture {
  /// Masks interrupts on this CPU, and returns the previous state.
  @inline(__always)
  static func maskInterrupts() -> InterruptState { CPU.maskInterrupts() }

  /// Unmasks interrupts if they were unmasked in `state`.
  @inline(__always)
  static func restoreInterrupts(_ state: InterruptState) { CPU.restoreInterrupts(state) }

  /// Counts of the hardware counter per second.
  static var counterFrequency: UInt32 { Clock.frequency }

  /// The number of task stacks.
  static var stackCount: UInt32 { Space.stackCount }

  /// The size of a task's stack in bytes.
  static var stackSize: Int { Space.stackSize }

  /// The lowest address of a task's stack.
  static func stack(of task: TaskNumber) -> UnsafeMutableRawPointer {
    // SAFETY: the pointer is only formed here.
    unsafe Space.stack(of: task.rawValue)
  }

  /// The kernel's address of a frame.
  static func address(of frame: PhysicalFrame) -> UnsafeMutableRawPointer {
    // SAFETY: the pointer is only formed here.
    unsafe Memory.pointer(to: frame)
  }
}
