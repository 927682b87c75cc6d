// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion
import XCTest

@testable import PortTemplate

private struct Collector: TextSink {
  var bytes: [UInt8] = []
  mutating func put(_ byte: UInt8) { bytes.append(byte) }
}

/// Generic code that requires all that a port supplies.
private func fits<CPU: Processor & ContextSwitch, Clock: Counter, Memory, Table: MMU & ~Copyable>(
  _ processor: CPU.Type, _ counter: Clock.Type, _ memory: Memory.Type, _ table: Table.Type
) -> Bool where Memory: PhysicalMemory & UserMemory {
  true
}

final class UnimplementedTests: XCTestCase {
  func testMissingFunctionIsNamedWithItsStep() {
    var sink = Collector()
    Unimplemented.describe("Board.interrupts", 6, to: &sink)
    XCTAssertEqual(
      String(decoding: sink.bytes, as: UTF8.self),
      "Board.interrupts is not written yet: step 6 of docs/porting-guide.md, cannot go on")
  }

  func testTemplateHasAllThatAPortSupplies() {
    XCTAssertTrue(
      fits(
        TemplateProcessor.self, TemplateCounter.self, TemplateMemory.self, TemplateTable.self))
  }
}
