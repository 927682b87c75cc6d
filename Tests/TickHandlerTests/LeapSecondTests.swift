// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

/// A second more or less at the end of the day.
final class LeapSecondTests: XCTestCase {
  private typealias Owner = KeeperOwner<EventPublisher>

  override func setUp() { MockCounter.reset() }

  private let midnight: Int64 = 1_800_057_600  // 20834 days.

  /// Announces by status bits, of a clock that is synchronised; 0 takes it back.
  @discardableResult
  private func announce(_ owner: Owner, _ bits: UInt32) -> ClockAdjustment {
    var request = ClockAdjustment(modes: [.status, .maximumError])
    request.status = bits
    XCTAssertEqual(owner.keeper.adjust(&request), true)
    return request
  }

  private func state(_ owner: Owner) -> ClockAdjustment {
    var request = ClockAdjustment()
    XCTAssertEqual(owner.keeper.adjust(&request), true)
    return request
  }

  /// Lets half a second go by, and an update comes.
  private func half(_ owner: Owner) {
    MockCounter.run(31_250_000)
    owner.keeper.update()
  }

  private func set(_ owner: Owner, toMidnightLess seconds: Int64) throws {
    try owner.keeper.setRealtime(Timespec(seconds: midnight - seconds, nanoseconds: 0))
  }

  func testInsertedSecondRepeatsAndAtomicTimeGoesOn() throws {
    let owner = try Owner(EventPublisher())
    try set(owner, toMidnightLess: 1)
    XCTAssertEqual(announce(owner, 0x10).state, 1)
    var (walls, states, offsets, atomics): ([Int64], [UInt32], [Int64], [Int64]) = ([], [], [], [])
    for _ in 0..<6 {
      half(owner)
      walls.append(owner.keeper.read(.realtime).seconds - midnight)
      states.append(state(owner).state)
      offsets.append(state(owner).tai)
      atomics.append(owner.keeper.read(.tai).seconds - midnight)
    }
    XCTAssertEqual(walls, [-1, -1, -1, 0, 0, 1])
    XCTAssertEqual(states, [1, 3, 3, 4, 4, 4])
    XCTAssertEqual(offsets, [0, 1, 1, 1, 1, 1])
    XCTAssertEqual(atomics, [-1, 0, 0, 1, 1, 2])
    XCTAssertEqual(state(owner).status & 0x30, 0x10, "the bit stays until it is cleared")
    XCTAssertEqual(announce(owner, 0).state, 0)
  }

  func testDeletedSecondIsSkipped() throws {
    let owner = try Owner(EventPublisher())
    try set(owner, toMidnightLess: 2)
    XCTAssertEqual(announce(owner, 0x20).state, 2)
    var (walls, states, offsets): ([Int64], [UInt32], [Int64]) = ([], [], [])
    for _ in 0..<4 {
      half(owner)
      walls.append(owner.keeper.read(.realtime).seconds - midnight)
      states.append(state(owner).state)
      offsets.append(state(owner).tai)
    }
    XCTAssertEqual(walls, [-2, 0, 0, 1])
    XCTAssertEqual(states, [2, 4, 4, 4])
    XCTAssertEqual(offsets, [0, -1, -1, -1])
    XCTAssertEqual(announce(owner, 0).state, 0)
  }

  func testPublisherIsNotifiedOnceBeforeTheUpdateWithTheLeap() throws {
    for (bits, before) in [(0x10, 1), (0x20, 2)] as [(UInt32, Int64)] {
      let owner = try Owner(EventPublisher())
      try set(owner, toMidnightLess: before)
      announce(owner, bits)
      var notified: [Int64] = []
      for _ in 0..<6 {
        MockCounter.events = []
        let wall = owner.keeper.read(.realtime)
        half(owner)
        guard let index = MockCounter.events.firstIndex(of: .leapt) else { continue }
        XCTAssertEqual(MockCounter.events.filter { $0 == .leapt }.count, 1)
        XCTAssertEqual(MockCounter.events.count, index + 2)
        guard case .published(let snapshot) = MockCounter.events[index + 1] else {
          return XCTFail("\(MockCounter.events)")
        }
        // Half a second has passed, and a second more or less.
        notified.append(snapshot.realtimeSeconds - midnight)
        XCTAssertEqual((owner.keeper.read(.realtime) - wall).seconds, bits == 0x10 ? -1 : 1)
      }
      XCTAssertEqual(notified, [bits == 0x10 ? -1 : 0], "\(bits)")
    }
    let owner = try Owner(EventPublisher())
    try set(owner, toMidnightLess: 1)
    MockCounter.events = []
    for _ in 0..<6 { half(owner) }
    XCTAssertFalse(MockCounter.events.contains(.leapt), "no leap was announced")
  }

  func testCancelledLeapDoesNotHappen() throws {
    let owner = try Owner(EventPublisher())
    try set(owner, toMidnightLess: 1)
    announce(owner, 0x10)
    XCTAssertEqual(announce(owner, 0).state, 0)
    half(owner)
    half(owner)
    XCTAssertEqual(owner.keeper.read(.realtime).seconds, midnight)
    try set(owner, toMidnightLess: 1)
    announce(owner, 0x10)
    let before = owner.keeper.read(.monotonic)
    for _ in 0..<4 { half(owner) }
    XCTAssertEqual((owner.keeper.read(.monotonic) - before).seconds, 2)
  }

  func testLongIdleAcrossTheLeapAppliesIt() throws {
    let owner = try Owner(EventPublisher())
    try set(owner, toMidnightLess: 10)
    announce(owner, 0x10)
    for _ in 0..<100 { MockCounter.run(62_500_000) }
    owner.keeper.update()
    XCTAssertEqual(owner.keeper.read(.realtime).seconds, midnight + 89)
    XCTAssertEqual(state(owner).state, 4)
  }

  func testSetClockHasItsLeapAtTheEndOfTheNewDay() throws {
    var leap = LeapSecond()
    leap.announce(insertion: true, deletion: false, at: 5)
    XCTAssertEqual(leap.second, 86_400)
    leap.clockWasSet(to: 86_400)
    XCTAssertEqual(leap.second, 172_800)
    XCTAssertEqual(leap.advance(to: 172_800), -1)
    leap.clockWasSet(to: 3)
    XCTAssertEqual([leap.state], [.waiting])
    XCTAssertEqual(leap.second, .max)
  }
}
