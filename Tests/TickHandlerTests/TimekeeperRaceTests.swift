// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

@testable import TickHandler

/// A publisher into plain memory: only the timekeeper's lock orders its writers, which is what
/// ThreadSanitizer checks here.
private final class PlainPage: @unchecked Sendable {
  var last: TimeSnapshot?
  var stepsBack = 0
  var publications = 0

  func take(_ snapshot: TimeSnapshot) {
    let point = (snapshot.monotonicSeconds, snapshot.monotonicShifted)
    if let last, (last.monotonicSeconds, last.monotonicShifted) > point { stepsBack += 1 }
    last = snapshot
    publications += 1
  }
}

private struct PlainPublisher: TimePublisher {
  let page: PlainPage
  func publish(_ snapshot: TimeSnapshot) { page.take(snapshot) }
}

private struct Shared<Value>: @unchecked Sendable {
  let value: Value
}

final class TimekeeperRaceTests: XCTestCase {
  /// Defect 3 of LiteOS-A: each CPU's tick wrote without a lock, an older sample over a newer one.
  func testDefect3TimeNeverGoesBackUnderConcurrentUpdatesAndSets() throws {
    MockCounter.reset(frequency: 999_999_937)
    let page = PlainPage()
    let owner = Shared(value: try KeeperOwner(PlainPublisher(page: page)))
    let turns = 20_000
    let failures = Shared(value: UnsafeMutablePointer<Int>.allocate(capacity: 4))
    failures.value.initialize(repeating: 0, count: 4)
    defer { failures.value.deallocate() }
    let group = DispatchGroup()
    for worker in 0..<4 {
      group.enter()
      Thread {
        var lastFine = Timespec(seconds: 0, nanoseconds: 0)
        var lastCoarse = lastFine
        for turn in 0..<turns {
          MockCounter.run(977)
          switch worker {
          case 0, 1: owner.value.keeper.update()
          case 2 where turn % 16 == 0:
            try? owner.value.keeper.setRealtime(
              Timespec(seconds: 1_000_000 + Int64(turn), nanoseconds: 5))
          default: break
          }
          let coarse = owner.value.keeper.read(.monotonicCoarse)
          let fine = owner.value.keeper.read(.monotonic)
          if coarse < lastCoarse || fine < lastFine || fine < coarse {
            failures.value[worker] += 1
          }
          (lastFine, lastCoarse) = (fine, coarse)
        }
        group.leave()
      }.start()
    }
    group.wait()
    XCTAssertEqual((0..<4).map { failures.value[$0] }, [0, 0, 0, 0])
    XCTAssertEqual(page.stepsBack, 0)
    XCTAssertEqual(page.publications, 1 + 2 * turns + turns / 16)
  }
}
