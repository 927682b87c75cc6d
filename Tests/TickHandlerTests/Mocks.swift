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

  static func read() -> UInt64 { count.load(ordering: .relaxed) & mask }
  static func setDeadline(_ count: UInt64) { events.append(.armed(count)) }
  static func stopDeadline() { events.append(.stopped) }

  /// Puts everything back; called before each test.
  static func reset(frequency: UInt32 = 62_500_000, mask: UInt64 = .max, count: UInt64 = 0) {
    self.frequency = frequency
    self.mask = mask
    events = []
    self.count.store(count, ordering: .relaxed)
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

/// A tick service with its memory.
final class ServiceOwner {
  typealias Service = TickService<MockProcessor, MockCounter, EventPublisher>
  let keeperStorage = UnsafeMutablePointer<Service.Keeper.State>.allocate(capacity: 1)
  let storage = UnsafeMutablePointer<Service.State>.allocate(capacity: 1)
  let slots: UnsafeMutableBufferPointer<TimeoutQueue.Slot>
  let service: Service

  init(tick: TickConfiguration = .standard, capacity: Int = 16, isTickless: Bool = true) throws {
    slots = .allocate(capacity: capacity)
    let keeper = try Service.Keeper(
      wallClock: FixedClock(), tick: tick, mode: .counter, publisher: EventPublisher(),
      in: keeperStorage)
    service = Service(
      configuration: tick, isTickless: isTickless, timekeeper: keeper,
      timeouts: TimeoutQueue(in: slots), in: storage)
    service.start()
    MockCounter.events = []
  }

  /// Serves the tick's interrupt and returns the events.
  func tick() -> [Event] {
    MockCounter.events = []
    service.handleTick { MockCounter.events.append(.woken($0)) }
    return MockCounter.events
  }

  deinit {
    storage.deinitialize(count: 1)
    storage.deallocate()
    keeperStorage.deinitialize(count: 1)
    keeperStorage.deallocate()
    slots.deallocate()
  }
}
