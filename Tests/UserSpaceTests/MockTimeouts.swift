// SPDX-License-Identifier: Apache-2.0
@testable import TickHandler
@testable import UserSpace

/// The timeouts of timers, which the test lets come.
final class MockTimeouts {
  private var queue: TimeoutQueue

  init() {
    queue = TimeoutQueue(in: .allocate(capacity: ProcessTable<MockPlatform>.timerCapacity))
  }

  var count: UInt32 { queue.count }
  var earliest: UInt64? { queue.first?.deadline }

  func schedule(_ number: UInt32, at deadline: UInt64) -> TimeoutHandle? {
    try? queue.insert(deadline: deadline, token: number)
  }

  func cancel(_ handle: TimeoutHandle) { _ = queue.cancel(handle) }

  /// Advances the time and serves the timeouts that expire.
  func pass(_ nanoseconds: UInt64) {
    MockPlatform.state.monotonic += nanoseconds
    MockPlatform.state.wall = MockPlatform.state.wall + Timespec(totalNanoseconds: nanoseconds)
    while let number = queue.takeExpired(at: MockPlatform.state.monotonic) {
      MockPlatform.processes.expireTimer(number)
    }
  }
}
