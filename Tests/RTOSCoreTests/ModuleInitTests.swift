// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

final class ModuleInitTests: XCTestCase {
  /// Which actions ran, in order.
  nonisolated(unsafe) static var trace = ""

  private static let a: ModuleInit.Action = { ModuleInitTests.ran("a") }
  private static let b: ModuleInit.Action = { ModuleInitTests.ran("b") }
  private static let c: ModuleInit.Action = { ModuleInitTests.ran("c") }
  private static let fails: ModuleInit.Action = { ModuleInitTests.ran("f", 0x0200_0105) }
  private static let name: ModuleInit.Name = { nameOf("OsVdsoInit") }

  private static func ran(_ letter: String, _ status: UInt32 = 0) -> UInt32 {
    trace += letter
    return status
  }

  override func setUp() {
    LogCapture.start()
    Self.trace = ""
  }

  private func entry(
    _ level: UInt32, _ action: ModuleInit.Action, isOptional: Bool = false
  ) -> ModuleInit.Entry {
    (level, isOptional ? 1 : 0, Self.name, action)
  }

  private func run(
    _ level: ModuleInit.Level, _ entries: [ModuleInit.Entry]
  ) throws(ModuleInit.Failure) {
    let copy = UnsafeMutableBufferPointer<ModuleInit.Entry>.allocate(capacity: entries.count)
    defer { copy.deallocate() }
    _ = copy.initialize(from: entries)
    try ModuleInit.run(level, of: UnsafeBufferPointer(copy))
  }

  func testEntriesOfTheLevelRunInTheTablesOrder() throws {
    let table = [
      entry(0, Self.c), entry(8, Self.b), entry(8, Self.a), entry(8, Self.c), entry(10, Self.a),
    ]
    try run(.kmodExtended, table)
    XCTAssertEqual(Self.trace, "bac")
    try run(.kmodTask, table)
    XCTAssertEqual(Self.trace, "bac")
    XCTAssertEqual(LogCapture.lines, [])
  }

  func testLevelByLevelRunsEverythingOnce() throws {
    let table = [entry(0, Self.a), entry(5, Self.b), entry(10, Self.c)]
    for level in ModuleInit.Level.allCases { try run(level, table) }
    XCTAssertEqual(Self.trace, "abc")
  }

  func testCallByNumberReturnsTheStatusOfTheLevel() {
    let entries = [
      entry(3, Self.a), entry(4, Self.fails, isOptional: true), entry(5, Self.fails),
    ]
    entries.withUnsafeBufferPointer { table in
      XCTAssertEqual(ModuleInit.call(3, of: table), 0)
      XCTAssertEqual(Self.trace, "a")
      XCTAssertEqual(ModuleInit.call(4, of: table), 0, "an optional entry may fail")
      XCTAssertEqual(ModuleInit.call(5, of: table), 0x0200_0105)
      XCTAssertEqual(ModuleInit.call(10, of: table), 0, "a level may be empty")
      XCTAssertEqual(ModuleInit.call(11, of: table), 1)
      XCTAssertEqual(ModuleInit.call(.max, of: table), 1)
    }
  }

  func testLevelsAreLiteOSs() {
    XCTAssertEqual(ModuleInit.Level.allCases.map(\.rawValue), Array(0...10))
    XCTAssertEqual(ModuleInit.Level.kmodExtended.rawValue, 8)
    XCTAssertEqual(ModuleInit.Level.vmComplete.rawValue, 4)
  }

  func testFailedOptionalEntryIsReported() throws {
    try run(.kmodExtended, [entry(8, Self.fails, isOptional: true), entry(8, Self.a)])
    XCTAssertEqual(Self.trace, "fa")
    XCTAssertEqual(
      LogCapture.lines,
      ["init: OsVdsoInit failed at level 8, status 0x02000105, going on without it\n"])
  }

  func testFailedMandatoryEntryEndsTheLevel() {
    let table = [entry(5, Self.a), entry(5, Self.fails), entry(5, Self.b)]
    XCTAssertThrowsError(try run(.arch, table)) {
      let failure = $0 as? ModuleInit.Failure
      XCTAssertEqual(failure?.level, 5)
      XCTAssertEqual(failure?.status, Status(.error, .memory, 5))
    }
    XCTAssertEqual(Self.trace, "af")
    XCTAssertEqual(
      LogCapture.lines, ["init: OsVdsoInit failed at level 5, status 0x02000105, cannot go on\n"])
  }

  func testEmptyTableIsNoError() throws {
    try ModuleInit.run(.earliest, of: UnsafeBufferPointer(start: nil, count: 0))
  }
}
