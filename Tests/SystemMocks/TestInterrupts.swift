// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import VmRegionMocks

/// An interrupt controller of 64 lines, which records what is enabled and disabled.
package struct TestController: SilentLines {
  nonisolated(unsafe) package static var calls: [String] = []
  package var lineCount: UInt32 { 64 }
  package static var hasPriorities: Bool { false }
  package static var firstIPILine: UInt32 { 4 }
  package func isBanked(line: UInt32) -> Bool { line < 32 }
  package func enable(line: UInt32, on processor: UInt32) {
    Self.calls.append("enable \(line) on \(processor)")
  }
  package func disable(line: UInt32, on processor: UInt32) {
    Self.calls.append("disable \(line) on \(processor)")
  }
}

/// What the registry of lines and the system need besides; it records the IPIs.
package enum TestInterrupts: SystemInterrupts {
  package typealias CPU = TestProcessor
  nonisolated(unsafe) package static var sent: [(InterprocessorInterrupt, CpuMask)] = []
  package static func sendIPI(_ interrupt: InterprocessorInterrupt, to cpus: CpuMask) {
    sent.append((interrupt, cpus))
  }
  package static var timerLine: UInt32 { 27 }
  package static var controller: TestController { TestController() }
  package static var interruptDepth: UInt32 { 0 }
  package static var hasStackRoom: Bool { true }
  package static func enableInterrupts() {}
  package static func targets(of processors: CpuMask) -> UInt32? { processors.rawValue }
  package static func awaitHandlers() {}
}
