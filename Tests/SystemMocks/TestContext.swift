// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A context switch that returns at once: afterwards the test acts as the task that was switched
/// in. With `whileOut` it returns as the task that was switched out.
package enum TestContext: ContextSwitch {
  private static let first = TaskNumber(rawValue: 0)
  nonisolated(unsafe) package static var runningTask = first
  nonisolated(unsafe) package static var runningOwner: UInt32 = 0
  /// Called each time that a long call asks whether a reschedule is due.
  nonisolated(unsafe) package static var atPreemptionPoint: (() -> Void)?
  nonisolated(unsafe) private static var isDue = false
  nonisolated(unsafe) package static var isInInterrupt = false
  nonisolated(unsafe) package static var activations: [UInt64] = []
  /// All that happens before the task that is switched out runs again. It is called with the
  /// scheduler's lock held, and returns with it.
  nonisolated(unsafe) package static var whileOut: ((_ task: TaskNumber) -> Void)?
  nonisolated(unsafe) private static var taskOnCPU = first

  package static var isRescheduleDue: Bool {
    get {
      atPreemptionPoint?()
      return isDue
    }
    set { isDue = newValue }
  }

  package static func switchStack(
    saving saved: UnsafeMutablePointer<KernelAddress>, to newStack: KernelAddress
  ) {
    let out = taskOnCPU
    taskOnCPU = runningTask
    whileOut?(out)
  }
  package static func prepareStack(
    top: KernelAddress, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> KernelAddress { top }
  package static func activate(addressSpace: UInt64) { activations.append(addressSpace) }

  /// Task 0 runs.
  static func reset() {
    (runningTask, runningOwner, taskOnCPU) = (first, 0, first)
    (isDue, isInInterrupt, activations, whileOut) = (false, false, [], nil)
  }
}
