// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// Small programs of two and three tasks, and ticks between them, in every order that is possible.
final class ExplorationTests: XCTestCase {
  private typealias Step = World.Step

  /// Runs the programs in every order, with up to `ticks` ticks anywhere; `end` is checked after
  /// each run. Returns the number of orders.
  private func explore(
    priorities: [UInt8], ticks: Int = 0, _ programs: [[Step]],
    file: StaticString = #filePath, line: UInt = #line, end: (World) -> String? = { _ in nil }
  ) throws -> Int {
    var count = 0
    // The orders as a tree: a choice at each depth, counted through like the digits of a number.
    var choices: [Int] = []
    while true {
      let world = try World(priorities: priorities)
      var next = Array(repeating: 0, count: programs.count)
      var ticksLeft = ticks
      var depth = 0
      var widths: [Int] = []
      while true {
        var actors = programs.indices.filter {
          next[$0] < programs[$0].count && world.isRunnable(UInt32($0) + 1)
        }
        if ticksLeft > 0 { actors.append(-1) }
        guard !actors.isEmpty else { break }
        if depth == choices.count { choices.append(0) }
        widths.append(actors.count)
        let actor = actors[choices[depth]]
        depth += 1
        if actor < 0 {
          ticksLeft -= 1
          world.tick()
        } else {
          next[actor] += 1
          world.act(UInt32(actor) + 1, programs[actor][next[actor] - 1])
        }
        if let rule = world.brokenRule() {
          XCTFail("\(rule), in the order \(choices.prefix(depth))", file: file, line: line)
          return count
        }
      }
      count += 1
      if let failure = end(world) {
        XCTFail("\(failure), in the order \(choices)", file: file, line: line)
        return count
      }
      while let last = choices.last, last + 1 == widths[choices.count - 1] {
        choices.removeLast()
      }
      guard let last = choices.popLast() else { return count }
      choices.append(last + 1)
    }
  }

  /// No task is left waiting.
  private func nobodyWaits(_ world: World) -> String? {
    let blocked = world.bench.records.indices.filter { world.bench.records[$0].state == .blocked }
    return blocked.isEmpty ? nil : "tasks \(blocked) wait permanently"
  }

  func testPostedUnitsReachAllWaitersInEveryOrder() throws {
    let count = try explore(
      priorities: [10, 11, 12],
      [[.take(.forever), .take(.forever), .give], [.give, .give], [.give, .take(.forever)]],
      end: nobodyWaits)
    XCTAssertGreaterThan(count, 50)
  }

  func testSemaphorePostAndTimeoutMeetInEveryOrder() throws {
    let count = try explore(
      priorities: [10, 10], ticks: 3,
      [[.take(.ticks(1)), .take(.ticks(2))], [.give, .give]], end: nobodyWaits)
    XCTAssertGreaterThan(count, 100)
  }

  func testMutexAdmitsOneTaskInEveryOrder() throws {
    let section: [Step] = [.lock(0, .forever), .lock(0, .forever), .unlock(0), .unlock(0)]
    let count = try explore(priorities: [10, 11, 12], [section, section, [.lock(0, .noWait)]])
    XCTAssertGreaterThan(count, 60)
  }

  func testInheritanceAlongAChainIsUndoneInEveryOrder() throws {
    let count = try explore(
      priorities: [12, 11, 10], ticks: 1,
      [
        [.lock(0, .forever), .unlock(0)],
        [.lock(1, .forever), .lock(0, .ticks(1)), .unlock(0), .unlock(1)],
        [.lock(1, .forever), .unlock(1)],
      ], end: nobodyWaits)
    XCTAssertGreaterThan(count, 500)
  }

  func testTwoTasksWithTwoMutexesNeverDeadlock() throws {
    let count = try explore(
      priorities: [10, 10],
      [
        [.lock(0, .forever), .lock(1, .forever), .unlock(1), .unlock(0)],
        [.lock(1, .forever), .lock(0, .forever), .unlock(0), .unlock(1)],
      ], end: nobodyWaits)
    XCTAssertGreaterThan(count, 10)
  }

  func testConditionSignalUnderTheMutexIsNeverLost() throws {
    let count = try explore(
      priorities: [10, 11], ticks: 2,
      [
        [.lock(0, .forever), .await(.ticks(2)), .unlock(0)],
        [.lock(0, .forever), .signal, .unlock(0), .lock(0, .forever), .unlock(0)],
      ], end: { self.mutexIsFree($0) })
    XCTAssertGreaterThan(count, 100)
  }

  func testConditionBroadcastReturnsAllWithTheirMutex() throws {
    let waiter: [Step] = [.lock(0, .forever), .await(.ticks(9)), .unlock(0)]
    let count = try explore(priorities: [10, 11, 12], [waiter, waiter, [.broadcast, .broadcast]])
    XCTAssertGreaterThan(count, 80)
  }

  private func mutexIsFree(_ world: World) -> String? {
    guard nobodyWaits(world) == nil else { return nil }
    return world.mutexes[0].object.pointee.owner == TaskRecord.none ? nil : "the mutex is not free"
  }

  func testMessagesKeepTheirOrderInEveryOrder() throws {
    let count = try explore(
      priorities: [10, 10],
      [
        Array(repeating: .send(isUrgent: false, .forever), count: 4),
        Array(repeating: .receive(.forever), count: 4),
      ],
      end: { $0.received == [0, 1, 2, 3] ? self.nobodyWaits($0) : "\($0.received)" })
    XCTAssertGreaterThan(count, 20)
  }

  func testReadersAndWritersAlternateInEveryOrder() throws {
    let reader: [Step] = [.lockReading(.forever), .unlockReadWrite]
    let writer: [Step] = [.lockWriting(.ticks(1)), .lockReading(.noWait), .unlockReadWrite]
    // A writer whose wait timed out unlocks a lock that it does not own: refused, or ends a read.
    let count = try explore(priorities: [10, 11, 12], [reader, reader, writer])
    XCTAssertGreaterThan(count, 50)
  }

  func testEventBitsReachAllWaitersInEveryOrder() throws {
    let count = try explore(
      priorities: [10, 11, 12], ticks: 1,
      [
        [.read(0b11, .all, clears: true, .forever)],
        [.read(0b01, .any, clears: false, .ticks(1))],
        [.write(0b01), .write(0b10), .write(0b11)],
      ])
    XCTAssertGreaterThan(count, 50)
  }

  func testSuspendAndDeleteMeetWaitsInEveryOrder() throws {
    let count = try explore(
      priorities: [10, 11, 12], ticks: 1,
      [
        [.take(.ticks(1)), .take(.forever)], [.suspend(1), .resume(1), .give],
        [.give, .deleteSemaphore],
      ])
    XCTAssertGreaterThan(count, 500)
  }

  func testCompletionsAreObservedInEveryOrder() throws {
    let count = try explore(
      priorities: [10, 11, 12], ticks: 1,
      [
        [.awaitDone(.ticks(1)), .awaitDone(.forever)], [.awaitDone(.noWait), .complete],
        [.complete, .complete, .complete],
      ], end: nobodyWaits)
    XCTAssertGreaterThan(count, 300)
  }

  /// `World` lists the tasks whose timeout has expired: all of a tick end with it, whatever object
  /// they wait for.
  func testWaitsOfOneTickAllEndInEveryOrderOfTheirStarts() throws {
    let count = try explore(
      priorities: [10, 10, 12], ticks: 3,
      [
        [.take(.ticks(2)), .take(.ticks(1))], [.lock(0, .forever), .await(.ticks(2)), .unlock(0)],
        [.delay(2), .awaitDone(.ticks(1))],
      ])
    XCTAssertGreaterThan(count, 300)
  }
}
