// SPDX-License-Identifier: Apache-2.0
/// The average number of tasks that run or are ready, over 1, 5 and 15 minutes, in Linux's fixed
/// point: 2,048 is one task. A sample is taken each five seconds. While all CPUs idle, none is
/// taken; the next one makes up for those with the number 0. The scheduler's lock protects it.
public struct LoadAverage {
  /// The averages over 1, 5 and 15 minutes.
  public private(set) var values = InlineArray<3, UInt32>(repeating: 0)
  /// The tick of the next sample.
  private var next: UInt64
  /// The ticks between two samples.
  private let period: UInt64

  private static var one: UInt32 { 2048 }
  /// What remains of an average after one sample: e to the power of -5 s by 1, 5 and 15 minutes.
  private static var remainders: InlineArray<3, UInt32> { [1884, 2014, 2037] }

  /// Averages of 0, for a tick of this frequency in Hz.
  init(tickFrequency: UInt32) {
    period = UInt64(word: tickFrequency) * 5
    next = period
  }

  /// Whether a sample is due at a tick.
  @inline(__always)
  func isDue(at tick: UInt64) -> Bool { tick >= next }

  /// Takes the sample that is due at `tick`: `active` tasks run or are ready.
  @inline(never)
  mutating func add(_ active: UInt32, at tick: UInt64) {
    let missed = (tick - next) / period
    next += (missed + 1) * period
    for index in 0..<3 {
      let remainder = Self.remainders[index]
      let idle = UInt64(Self.power(remainder, UInt32(clamping: missed)))
      let value = UInt32((UInt64(values[index]) * idle) >> 11)
      values[index] = Self.blend(value, remainder, min(active, 1024) * Self.one)
    }
  }

  /// The average after a sample, rounded upwards while it rises.
  private static func blend(_ value: UInt32, _ remainder: UInt32, _ active: UInt32) -> UInt32 {
    // At most 1,024 tasks: below 2^32.
    let sum = UInt64(value) * UInt64(remainder) + UInt64(active) * UInt64(one - remainder)
    return UInt32((sum + (active >= value ? UInt64(one) - 1 : 0)) >> 11)
  }

  /// A fraction below one, to the power of `exponent`.
  private static func power(_ fraction: UInt32, _ exponent: UInt32) -> UInt32 {
    var (result, base, rest) = (one, fraction, exponent)
    while rest > 0 {
      if rest & 1 != 0 { result = (result * base + one / 2) / one }
      base = (base * base + one / 2) / one
      rest >>= 1
    }
    return result
  }
}

/// How many ticks interrupted a CPU in which work. Idle time is not in it. It wraps.
public struct ProcessorTicks: Equatable, Sendable {
  /// In user mode, by threads with a nice value up to 0.
  public var user: UInt32 = 0
  /// In user mode, by threads with a nice value above 0.
  public var nice: UInt32 = 0
  /// In the kernel.
  public var system: UInt32 = 0
}

extension TaskSet {
  /// The number of tasks that run, or with `countsReady` are ready, besides the idle tasks.
  mutating func activeCount(countsReady: Bool) -> UInt32 {
    var count: UInt32 = 0
    for index in 0..<tasks.count {
      let task = TaskNumber(rawValue: index)
      let state = tasks[task].state
      guard state == .running || countsReady && state == .ready, !tasks[task].isIdle else {
        continue
      }
      count += 1
    }
    return count
  }

  /// Takes the sample of the load that is due. What is ready while the CPU idles was woken just
  /// now, after the sample's time.
  @inline(never)
  mutating func sampleLoad(isIdle: Bool) {
    load.add(activeCount(countsReady: !isIdle), at: now)
  }

  /// Counts `elapsed` ticks of the task that runs on CPU `cpu`.
  @inline(__always)
  mutating func count(_ elapsed: UInt32, of running: TaskNumber, on cpu: UInt32, inProgram: Bool) {
    guard !tasks[running].isIdle else { return }
    // Wrapping: after 49 days at 1000 Hz.
    if !inProgram {
      runQueues[cpu].ticks.system &+= elapsed
    } else if tasks[running].share.rate <= fairClock.rate {
      runQueues[cpu].ticks.user &+= elapsed
    } else {
      runQueues[cpu].ticks.nice &+= elapsed
    }
  }
}

extension Scheduler {
  /// The load averages (`LoadAverage.values`).
  public var loadAverages: InlineArray<3, UInt32> {
    withColdState { (state: inout State) in state.load.values }
  }

  /// The number of tasks that run or are ready, besides the idle tasks.
  public var activeCount: UInt32 {
    withColdState { (state: inout State) in state.activeCount(countsReady: true) }
  }

  /// The ticks of a CPU that runs, and its idle task.
  public func ticks(of cpu: UInt32) -> (counts: ProcessorTicks, idle: TaskNumber) {
    withColdState { (state: inout State) in
      (state.runQueues[cpu].ticks, state.runQueues[cpu].idle)
    }
  }
}
