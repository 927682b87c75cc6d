// SPDX-License-Identifier: Apache-2.0
import PortARMv7A
import XCTest

/// ASIDs for more address spaces than there are ASIDs.
final class IdentifierAllocatorTests: XCTestCase {
  private let none = AddressSpaceIdentifier(rawValue: 0)

  func testSpacesOfAGenerationHaveDistinctNonzeroASIDs() {
    var allocator = IdentifierAllocator()
    var seen = Set<UInt32>()
    for _ in 0..<255 {
      let given = allocator.activate(none, on: 0)
      XCTAssertFalse(given.mustInvalidate)
      XCTAssertTrue(seen.insert(given.identifier.rawValue & 0xff).inserted)
    }
    XCTAssertFalse(seen.contains(0))
    XCTAssertEqual(allocator.usedCount, 255)
  }

  func testSpaceKeepsItsASIDWithinAGeneration() {
    var allocator = IdentifierAllocator()
    let first = allocator.activate(none, on: 0).identifier
    _ = allocator.activate(none, on: 0)
    let again = allocator.activate(first, on: 0)
    XCTAssertEqual(again.identifier, first)
    XCTAssertFalse(again.mustInvalidate)
  }

  func testNextGenerationFlushesEachTLBOnce() {
    var allocator = IdentifierAllocator()
    for _ in 0..<255 { _ = allocator.activate(none, on: 0) }
    XCTAssertTrue(allocator.activate(none, on: 0).mustInvalidate)
    XCTAssertFalse(allocator.activate(none, on: 0).mustInvalidate)
    XCTAssertTrue(allocator.activate(none, on: 3).mustInvalidate)
    XCTAssertFalse(allocator.activate(none, on: 3).mustInvalidate)
  }

  func testRolloverKeepsTheASIDOfARunningSpace() {
    var allocator = IdentifierAllocator()
    let running = allocator.activate(none, on: 1).identifier
    var given = Set<UInt32>()
    for _ in 0..<255 { _ = allocator.activate(none, on: 0) }
    for _ in 0..<253 {
      given.insert(allocator.activate(none, on: 0).identifier.rawValue & 0xff)
    }
    XCTAssertFalse(given.contains(running.rawValue & 0xff), "two spaces run with one ASID")
    let renewed = allocator.activate(running, on: 1)
    XCTAssertEqual(renewed.identifier.rawValue & 0xff, running.rawValue & 0xff)
    XCTAssertNotEqual(renewed.identifier, running)
  }

  func testAThousandSpacesOnFourCPUsNeverShareAnASID() {
    var allocator = IdentifierAllocator()
    var identifiers = [AddressSpaceIdentifier](repeating: none, count: 1000)
    var running: [Int?] = [nil, nil, nil, nil]
    /// What each CPU's TLB may hold: the space whose entries an ASID tags.
    var tagged = [[UInt32: Int]](repeating: [:], count: 4)
    var state: UInt64 = 42
    for _ in 0..<50_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let (cpu, space) = (Int(state >> 33 & 3), Int(state >> 40) % 1000)
      guard !running.contains(space) else { continue }
      let given = allocator.activate(identifiers[space], on: cpu)
      identifiers[space] = given.identifier
      let asid = given.identifier.rawValue & 0xff
      if given.mustInvalidate { tagged[cpu] = [:] }
      if let owner = tagged[cpu][asid] { XCTAssertEqual(owner, space, "another's entries") }
      tagged[cpu][asid] = space
      running[cpu] = space
      let asids = running.compactMap { $0.map { identifiers[$0].rawValue & 0xff } }
      XCTAssertEqual(Set(asids).count, asids.count)
    }
  }
}
