// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System

/// The control of all CPUs; it records its calls.
package enum TestControl: MachineControl {
  nonisolated(unsafe) package static var powerOffs: [UInt32] = []
  nonisolated(unsafe) package static var counts = false
  nonisolated(unsafe) package static var instructions: UInt32 = 0
  /// The amount that each read of the instruction counter adds to it.
  nonisolated(unsafe) package static var step: UInt32 = 0
  nonisolated(unsafe) package static var counted: [InterruptKind] = []
  nonisolated(unsafe) package static var hasInterruptedProgram = false
  nonisolated(unsafe) package static var stops = 0

  package static func interruptCount(of cpu: UInt32, _ kind: InterruptKind) -> UInt32 {
    kind.rawValue * 100 + 500 + cpu
  }
  package static func countInterrupt(_ kind: InterruptKind) { counted.append(kind) }
  package static func stopProcessor() { stops += 1 }
  package static func describeProcessor(_ cpu: UInt32, to sink: inout some TextSink) {
    sink.text("cpu ")
    sink.decimal(UInt64(cpu))
    sink.text("\n")
  }
  package static func describeAlignment(to sink: inout some TextSink) { sink.text("User:\n") }
  package static func task(of cpu: UInt32) -> TaskNumber {
    TestContext.runningTask
  }
  package static func startCountingInstructions() -> Bool { counts }
  package static var instructionCount: UInt32 {
    instructions &+= step
    return instructions
  }
  package static func powerOff(status: UInt32) { powerOffs.append(status) }

  static func reset() {
    (powerOffs, counted, stops) = ([], [], 0)
    (instructions, step, hasInterruptedProgram) = (0, 0, false)
  }
}
