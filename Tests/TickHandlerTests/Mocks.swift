// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore
import Synchronization
import TickHandler

/// A processor for each thread of the test; interrupts do not exist.
enum MockProcessor: Processor {
  static var number: UInt32 {
    // A thread's descriptor is on its own stack, so the page identifies the thread.
    UInt32(truncatingIfNeeded: UInt(pthread_self()) >> 12) & 0xff_ffff
  }
  static func maskInterrupts() -> InterruptState { InterruptState(rawValue: 0) }
  static func restoreInterrupts(_ state: InterruptState) {}
  static func memoryBarrier() { atomicMemoryFence(ordering: .sequentiallyConsistent) }
  static func storeBarrier() { atomicMemoryFence(ordering: .releasing) }
  static func relax() { sched_yield() }
  static func waitForInterrupt() {}
}

/// The CPU for which the test speaks.
enum NumberedProcessor: Processor {
  nonisolated(unsafe) static var number: UInt32 = 0
  static func maskInterrupts() -> InterruptState { InterruptState(rawValue: 0) }
  static func restoreInterrupts(_ state: InterruptState) {}
  static func memoryBarrier() {}
  static func storeBarrier() {}
  static func relax() {}
  static func waitForInterrupt() {}
}

/// An event that a mock recorded.
enum Event: Equatable {
  case published(TimeSnapshot)
  case leapt
  case armed(UInt64)
  case stopped
  case woken(UInt32)
}

/// A counter that the test sets.
enum MockCounter: Counter {
  nonisolated(unsafe) static var frequency: UInt32 = 62_500_000
  nonisolated(unsafe) static var mask: UInt64 = .max
  nonisolated(unsafe) static var events: [Event] = []
  static let count = Atomic<UInt64>(0)
  /// Called when the timer is programmed or stopped.
  nonisolated(unsafe) static var willProgram: () -> Void = {}

  static func read() -> UInt64 { count.load(ordering: .relaxed) & mask }

  static func setDeadline(_ count: UInt64) {
    willProgram()
    events.append(.armed(count))
  }

  static func stopDeadline() {
    willProgram()
    events.append(.stopped)
  }

  /// Puts everything back; called before each test.
  static func reset(frequency: UInt32 = 62_500_000, mask: UInt64 = .max, count: UInt64 = 0) {
    self.frequency = frequency
    self.mask = mask
    events = []
    willProgram = {}
    self.count.store(count, ordering: .relaxed)
  }

  /// The deadline that was set last; 0 if none was.
  static var lastArmed: UInt64 {
    for case .armed(let count) in events.reversed() { return count }
    return 0
  }

  /// Lets `counts` go by.
  static func run(_ counts: UInt64) { count.wrappingAdd(counts, ordering: .relaxed) }
}

/// A publisher that writes into the test's event list.
struct EventPublisher: TimePublisher {
  func publish(_ snapshot: TimeSnapshot) { MockCounter.events.append(.published(snapshot)) }
  func wallClockDidLeap() { MockCounter.events.append(.leapt) }
}

/// A calendar clock that does not advance.
struct FixedClock: RealTimeClock {
  var seconds: UInt32 = 1_700_000_000
  func secondsSinceEpoch() -> UInt32 { seconds }
}

/// A timekeeper with its memory.
final class KeeperOwner<Publisher: TimePublisher> {
  typealias Keeper = Timekeeper<MockProcessor, MockCounter, Publisher>
  let storage = UnsafeMutablePointer<Keeper.State>.allocate(capacity: 1)
  let keeper: Keeper

  init(_ publisher: Publisher, tick: TickConfiguration = .standard, clock: FixedClock = .init())
    throws
  {
    do {
      keeper = try Keeper(
        wallClock: clock, tick: tick, mode: .counter, publisher: publisher, in: storage)
    } catch {
      storage.deallocate()
      throw error
    }
  }

  deinit {
    storage.deinitialize(count: 1)
    storage.deallocate()
  }
}

/// A tick service of two CPUs with its memory; the test speaks for the first one.
final class ServiceOwner {
  typealias Service = TickService<NumberedProcessor, MockCounter, EventPublisher>
  typealias Timers = CPUTimers<NumberedProcessor>
  let keeperStorage = UnsafeMutablePointer<Service.Keeper.State>.allocate(capacity: 1)
  let storage = UnsafeMutablePointer<Service.State>.allocate(capacity: 1)
  let timers: UnsafeMutableRawPointer
  let service: Service

  init(
    tick: TickConfiguration = .standard, capacity: Int = 16, isTickless: Bool = true,
    mode: TimeSnapshot.Mode = .counter
  ) throws {
    NumberedProcessor.number = 0
    timers = .allocate(
      byteCount: Timers.size(count: 2, capacity: capacity), alignment: 16)
    let keeper = try Service.Keeper(
      wallClock: FixedClock(), tick: tick, mode: mode, publisher: EventPublisher(),
      in: keeperStorage)
    service = Service(
      configuration: tick, isTickless: isTickless, timekeeper: keeper,
      timers: CPUTimers(count: 2, capacity: capacity, in: timers), in: storage)
    service.start()
    MockCounter.events = []
  }

  /// Serves the timer's interrupt and returns the events.
  func interrupt() -> [Event] {
    MockCounter.events = []
    _ = service.handleInterrupt { MockCounter.events.append(.woken($0)) }
    return MockCounter.events
  }

  deinit {
    storage.deinitialize(count: 1)
    storage.deallocate()
    keeperStorage.deinitialize(count: 1)
    keeperStorage.deallocate()
    timers.deallocate()
  }
}
