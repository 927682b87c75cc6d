// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import TickHandler
import UserSpace
import VmRegion
import VmRegionMocks
import XCTest

@testable import PortTemplate

/// What a board and the kernel add to a port.
private enum Rest: SystemInterrupts, SystemConsole {
  struct Lines: SilentLines {
    var lineCount: UInt32 { 0 }
    static var hasPriorities: Bool { false }
    static var firstIPILine: UInt32 { 0 }
    func isBanked(line: UInt32) -> Bool { false }
  }
  typealias CPU = TemplateProcessor
  static var controller: Lines { Lines() }
  static var interruptDepth: UInt32 { 0 }
  static var hasStackRoom: Bool { false }
  static func enableInterrupts() {}
  static func targets(of processors: CpuMask) -> UInt32? { nil }
  static func awaitHandlers() {}
  static func sendIPI(_ interrupt: InterprocessorInterrupt, to cpus: CpuMask) {}
  static var timerLine: UInt32 { 0 }
  static var line: UInt32 { .max }
  static var isAlone: Bool { false }
  struct Device: SerialDevice {
    func offer(_ byte: UInt8) -> Bool { true }
    func get() -> UInt8? { nil }
    func setInterrupts(receive: Bool, transmit: Bool) {}
  }
  static var device: Device? { nil }
}

/// A kernel on the template.
private enum TemplateArchitecture: Architecture {
  typealias CPU = TemplateProcessor
  typealias SchedulerCPU = TemplateProcessor
  typealias Context = TemplateProcessor
  typealias Clock = TemplateCounter
  typealias Table = TemplateTable
  typealias Memory = TemplateMemory
  typealias User = TemplateMemory
  typealias ABI = ARMEABI
  typealias Space = TemplateSpace
  typealias Registers = TemplateRegisters
  typealias Interrupts = Rest
  typealias Control = TemplateControl
  typealias Console = Rest

  static var storage: UnsafeMutablePointer<System<TemplateArchitecture>> { fatalError() }
  static var fileSource: FileSource { fatalError() }
}

/// Generic code that requires all that the system does.
private func fits<A: Architecture>(_ architecture: A.Type) -> Bool {
  A.Control.startCountingInstructions() == false && A.Control.instructionCount == 0
}

final class UnimplementedTests: XCTestCase {
  func testMissingFunctionIsNamedWithItsStep() {
    var sink = TextBuffer()
    Unimplemented.describe("Board.interrupts", 6, to: &sink)
    XCTAssertEqual(
      sink.text,
      "Board.interrupts is not written yet: step 6 of docs/porting-guide.md, cannot go on")
  }

  func testTemplateHasAllThatAPortSupplies() {
    XCTAssertTrue(fits(TemplateArchitecture.self))
  }
}
