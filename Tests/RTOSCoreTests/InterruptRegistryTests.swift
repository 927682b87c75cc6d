// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import RTOSCore

final class InterruptRegistryTests: XCTestCase {
  /// `number` of each handler that was called; negative: it returned.
  nonisolated(unsafe) private static var calls: [Int32] = []
  /// The action of a handler, by its number.
  nonisolated(unsafe) private static var actions: [Int32: () -> Void] = [:]
  private static let handler: InterruptHandler = { number, _ in
    calls.append(number)
    actions[number]?()
    if actions[number] != nil { calls.append(-number) }
  }

  private var bench = RegistryBench(places: 6)
  private var registry: RegistryBench.Registry { bench.registry }
  private var lines: MockLines { .shared }

  override func setUp() {
    bench = RegistryBench(places: 6)
    (Self.calls, Self.actions) = ([], [:])
  }

  private func handler(_ number: Int32, device: Int = 0) -> InterruptHandlerRecord {
    InterruptHandlerRecord(
      Self.handler, number: number, device: UnsafeMutableRawPointer(bitPattern: device))
  }

  private func refuses(
    _ error: InterruptError, _ what: String = "", line: UInt = #line, _ body: () throws -> Void
  ) {
    let before = snapshot
    XCTAssertThrowsError(try body(), what, line: line) {
      XCTAssertEqual($0 as? InterruptError, error, what, line: line)
    }
    XCTAssertEqual(snapshot, before, "\(what): a refusal changes nothing", line: line)
  }

  private var snapshot: [String] {
    lines.calls
      + (0..<MockLines.count).map { line in
        TextBuffer.text { registry.writeNames(of: line, to: &$0) }
      } + ["\(lines.enabled) \(lines.pending) \(Self.calls)"]
  }

  func testRefusedCallsChangeNothing() throws {
    let (shared, nests): (InterruptOptions, InterruptOptions) = (.shared, .nesting)
    try registry.register(handler(1), for: 40, priority: 3)
    try registry.register(handler(2, device: 64), for: 41, priority: 3, .shared)
    registry.reserve(27, as: 7, name: "the kernel's")
    let cases: [(InterruptError, String, () throws -> Void)] = [
      (
        .noSuchLine, "register",
        { try self.registry.register(self.handler(1), for: 96, priority: 1) }
      ),
      (
        .badPriority, "register",
        { try self.registry.register(self.handler(1), for: 42, priority: 32) }
      ),
      (
        .noDevice, "register",
        { try self.registry.register(self.handler(1), for: 42, priority: 1, shared) }
      ),
      (
        .alreadyRegistered, "the kernel's",
        { try self.registry.register(self.handler(1), for: 27, priority: 1) }
      ),
      (
        .alreadyRegistered, "twice",
        { try self.registry.register(self.handler(1), for: 40, priority: 1) }
      ),
      (
        .alreadyRegistered, "the same device",
        { try self.registry.register(self.handler(9, device: 64), for: 41, priority: 1, shared) }
      ),
      (
        .optionsDiffer, "shared with one that does not",
        { try self.registry.register(self.handler(1, device: 64), for: 40, priority: 1, shared) }
      ),
      (
        .optionsDiffer, "not shared with one that does",
        { try self.registry.register(self.handler(1), for: 41, priority: 1) }
      ),
      (
        .optionsDiffer, "nests otherwise",
        {
          try self.registry.register(
            self.handler(1, device: 72), for: 41, priority: 1, [.shared, .nesting])
        }
      ),
      (.noSuchLine, "unregister", { try self.registry.unregister(96) }),
      (.notRegistered, "unregister", { try self.registry.unregister(42) }),
      (.notRegistered, "the kernel's", { try self.registry.unregister(27) }),
      (.noDevice, "unregister", { try self.registry.unregister(41) }),
      (
        .notRegistered, "another device",
        { try self.registry.unregister(41, device: UnsafeMutableRawPointer(bitPattern: 72)) }
      ),
      (.noSuchLine, "enable", { try self.registry.enable(96) }),
      (.notRegistered, "enable", { try self.registry.enable(42) }),
      (.notRegistered, "disable", { try self.registry.disable(27) }),
      (.notRegistered, "trigger", { try self.registry.trigger(42) }),
      (.notRegistered, "clear", { try self.registry.clear(42) }),
      (.noSuchLine, "priority", { try self.registry.setPriority(99, of: 96) }),
      (.badPriority, "priority", { try self.registry.setPriority(32, of: 40) }),
      (.notRegistered, "priority", { try self.registry.setPriority(1, of: 42) }),
      (.badTargets, "none", { try self.registry.setAffinity(0, of: 40) }),
      (.badTargets, "one that does not run", { try self.registry.setAffinity(0b110, of: 40) }),
      (.notRegistered, "affinity", { try self.registry.setAffinity(1, of: 42) }),
      (.notRegistered, "trigger type", { try self.registry.setTrigger(.edge, of: 42) }),
      (.notRegistered, "send", { try self.registry.sendIPI(3, to: 1) }),
      (.badTargets, "send", { try self.registry.sendIPI(40, to: 4) }),
      (.unsupported, "send", { try self.registry.sendIPI(40, to: 2) }),
    ]
    for (error, what, body) in cases { refuses(error, what, body) }
    try registry.register(handler(3), for: 5, priority: 1)
    refuses(.unsupported, "the affinity of a private line") { try registry.setAffinity(1, of: 5) }
    MockController.hasPriorities = false
    refuses(.unsupported, "nests without priorities") {
      try registry.register(handler(1), for: 42, priority: 1, nests)
    }
    try registry.register(handler(1), for: 42, priority: 1)
    MockController.hasPriorities = true
    for device in 1...5 {
      try registry.register(handler(1, device: device * 8), for: 50, priority: 1, .shared)
    }
    refuses(.tableFull) {
      try registry.register(handler(1, device: 256), for: 50, priority: 1, .shared)
    }
    Self.actions[1] = {
      self.refuses(.inInterrupt) {
        try self.registry.register(self.handler(1), for: 60, priority: 1)
      }
      self.refuses(.inInterrupt) { try self.registry.unregister(40) }
    }
    try registry.trigger(40)
    XCTAssertEqual(Self.calls, [1, -1])
  }

  func testLineIsEnabledByItsFirstHandlerAndDisabledWithItsLast() throws {
    try registry.register(handler(1, device: 64), for: 40, priority: 3, .shared)
    try registry.register(handler(2, device: 72), for: 40, priority: 9, .shared)
    XCTAssertEqual(lines.calls, ["priority 40 3", "enable 40"])
    try registry.trigger(40)
    XCTAssertEqual(Self.calls.sorted(), [1, 2])
    lines.calls = []
    try registry.unregister(40, device: UnsafeMutableRawPointer(bitPattern: 64))
    XCTAssertEqual(lines.calls, [])
    XCTAssertEqual(lines.graces, 1, "the handler runs nowhere any more")
    try registry.trigger(40)
    XCTAssertEqual(Self.calls.suffix(1), [2])
    try registry.disable(40)
    try registry.trigger(40)
    XCTAssertEqual(registry.count(of: 40, on: 0), 2)
    lines.calls = []
    try registry.unregister(40, device: UnsafeMutableRawPointer(bitPattern: 72))
    XCTAssertEqual(lines.calls, ["disable 40", "clear 40"])
    XCTAssertEqual(lines.graces, 2)
    lines.enabled.insert(40)
    lines.pending.insert(40)
    lines.deliver()
    XCTAssertEqual(lines.refused, [40], "it has no handler")
    lines.calls = []
    XCTAssertTrue(registry.disableUnhandled(40))
    XCTAssertFalse(registry.disableUnhandled(40), "it was reported")
    try registry.register(handler(1), for: 40, priority: 1)
    XCTAssertFalse(registry.disableUnhandled(40), "a handler was added meanwhile")
    XCTAssertEqual(lines.calls, ["disable 40", "disable 40", "priority 40 1", "enable 40"])
    try registry.unregister(40)
    XCTAssertTrue(registry.disableUnhandled(40), "it had a handler meanwhile")
    XCTAssertFalse(registry.disableUnhandled(96), "no such line")
    // Its slots are free again.
    for device in 1...6 {
      try registry.register(handler(1, device: device * 8), for: 50, priority: 1, .shared)
    }
  }

  func testReservedLineIsServedByTheCallerAndNotChanged() throws {
    registry.reserve(27, as: 7, name: "the kernel's")
    registry.reserve(96, as: 8, name: "no line")
    XCTAssertEqual(lines.calls, [], "the caller enables it")
    XCTAssertEqual(registry.serve(27), .kernel(7))
    XCTAssertEqual(registry.serve(96), .unhandled)
    XCTAssertEqual(registry.serve(28), .unhandled)
    XCTAssertEqual(Self.calls, [], "the caller serves it")
    XCTAssertEqual(registry.count(of: 27, on: 0), 1)
    XCTAssertEqual(TextBuffer.text { registry.writeNames(of: 27, to: &$0) }, "the kernel's")
    refuses(.notRegistered, "unregister") { try registry.unregister(27) }
    refuses(.notRegistered, "trigger") { try registry.trigger(27) }
    refuses(.alreadyRegistered, "share") {
      try registry.register(handler(1, device: 64), for: 27, priority: 1, .shared)
    }
    XCTAssertFalse(registry.disableUnhandled(27))
  }

  func testLineOperationsReachTheController() throws {
    try registry.register(handler(1), for: 40, priority: 3)
    try registry.register(handler(1), for: 3, priority: 4)
    lines.calls = []
    try registry.setPriority(31, of: 40)
    try registry.setAffinity(0b10, of: 40)
    try registry.setTrigger(.edge, of: 40)
    try registry.disable(40)
    try registry.clear(40)
    try registry.enable(40)
    try registry.sendIPI(3, to: 0b11)
    XCTAssertEqual(
      lines.calls,
      [
        "priority 40 31", "targets 40 32", "edge 40", "disable 40", "clear 40", "enable 40",
        "send 3 48",
      ])
  }

  func testNestingHandlerIsPreemptedByMoreUrgentLinesOnly() throws {
    for (line, priority) in [(50, 16), (51, 8), (52, 16), (53, 24)] as [(UInt32, UInt32)] {
      try registry.register(
        handler(Int32(line)), for: line, priority: priority, line == 51 ? [] : .nesting)
    }
    Self.actions[50] = {
      for line: UInt32 in [52, 53, 51] { try? self.registry.trigger(line) }
    }
    Self.actions[51] = {
      XCTAssertTrue(self.lines.isMasked, "a line that does not nest is masked")
      XCTAssertEqual(MockInterrupts.interruptDepth, 2)
    }
    try registry.trigger(50)
    XCTAssertEqual(Self.calls, [50, 51, -51, -50, 52, 53])
  }

  func testLinesNotMoreUrgentWaitForTheHandlersEnd() throws {
    for line: UInt32 in [50, 52, 53] {
      try registry.register(
        handler(Int32(line)), for: line, priority: line == 53 ? 24 : 16, .nesting)
    }
    var isFirst = true
    Self.actions[50] = {
      if isFirst { for line: UInt32 in [50, 52, 53] { try? self.registry.trigger(line) } }
      isFirst = false
    }
    try registry.trigger(50)
    XCTAssertEqual(Self.calls, [50, -50, 50, -50, 52, 53])
    XCTAssertEqual([50, 52, 53].map { registry.count(of: $0, on: 0) }, [2, 1, 1])
  }

  func testNestingStopsAtItsLimitAndWithTheStack() throws {
    for level in 0..<UInt32(6) {
      let number = Int32(level) + 1
      try registry.register(handler(number), for: 60 + level, priority: 10 - level, .nesting)
      Self.actions[number] = {
        if level < 5 { try? self.registry.trigger(61 + level) }
        XCTAssertLessThanOrEqual(
          MockInterrupts.interruptDepth, RegistryBench.Registry.nestingLimit)
      }
    }
    try registry.trigger(60)
    XCTAssertEqual(Self.calls, [1, 2, 3, 4, -4, 5, -5, 6, -6, -3, -2, -1])
    Self.calls = []
    lines.hasStackRoom = false
    try registry.trigger(60)
    XCTAssertEqual(Self.calls, [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6])
    XCTAssertEqual((60..<66).map { registry.count(of: $0, on: 0) }, [2, 2, 2, 2, 2, 2])
  }

  func testHandlerNamesAreWritten() throws {
    try registry.register(handler(1), for: 40, priority: 3)
    try "eth\0".withCString { name in
      for device in [64, 72] {
        try registry.register(
          InterruptHandlerRecord(
            Self.handler, device: UnsafeMutableRawPointer(bitPattern: device),
            name: device == 64 ? name : nil), for: 41, priority: 1, .shared)
      }
      XCTAssertEqual(TextBuffer.text { registry.writeNames(of: 40, to: &$0) }, "-")
      XCTAssertEqual(TextBuffer.text { registry.writeNames(of: 41, to: &$0) }, "-, eth")
      XCTAssertEqual(TextBuffer.text { registry.writeNames(of: 42, to: &$0) }, "")
    }
  }
}
