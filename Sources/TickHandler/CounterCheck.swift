// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The reasons why the counter is not used for fine clocks.
public enum CounterFault: Equatable, Sendable {
  /// The frequency is uncertain: its register and the device tree have different values in hertz.
  case contradictoryFrequencies(register: UInt32, tree: UInt32)
  /// The frequency in hertz is outside of `ClockScale.fineFrequencies`.
  case unsupportedFrequency(UInt32)
  /// The counter does not count.
  case stopped
  /// A second sample of the same CPU was lower than the first.
  case decreases
  /// A sample of one CPU was lower than an earlier sample of another CPU.
  case differsBetweenProcessors
  /// According to the device tree, firmware has not initialised the registers after reset.
  case notConfigured

  /// The text for the boot log and /proc/vdso.
  public var text: StaticString {
    switch self {
    case .contradictoryFrequencies: "firmware and device tree name different frequencies"
    case .unsupportedFrequency: "it does not run at 1 MHz to 1 GHz"
    case .stopped: "it is stopped"
    case .decreases: "it goes back"
    case .differsBetweenProcessors: "it differs between processors"
    case .notConfigured: "firmware has not configured its registers"
    }
  }
}

/// The check of the counter at boot: it must count, never decrease, and agree on all CPUs.
///
/// Every CPU takes samples under one lock; no sample may be lower than the previous one of any CPU.
/// If CPUs run the check at the same time, it detects a difference larger than the time to pass on
/// the lock. If they run it one after the other, it detects only that the second CPU's counter is
/// lower.
public struct CounterCheck<CPU: Processor, Clock: Counter>: ~Copyable {
  /// The state under the lock; public only so that memory for it can be allocated.
  public struct State {
    fileprivate var last: (count: UInt64, processor: UInt32)?
    fileprivate var fault: CounterFault?
  }

  /// The number of samples per CPU.
  private static var samples: Int { 1000 }
  /// The number of samples after which a constant counter counts as stopped: enough for a counter
  /// of 20 kHz on a CPU of 10^9 instructions a second.
  private static var stoppedSamples: Int { 20_000 }

  private let state: Guarded<CPU, State>

  /// Creates a check without samples. `storage` must be unused memory for one `State` that outlives
  /// this value.
  public init(in storage: UnsafeMutablePointer<State>) {
    // SAFETY: the caller passes unused memory that outlives this value, as `Guarded` requires.
    unsafe state = Guarded(State(), level: .counter, in: storage)
  }

  /// Checks the counter on the current CPU. Called once on each CPU, before it runs a program.
  /// Acquires the check's lock for each sample.
  ///
  /// - Returns: the first fault that any CPU has found. nil if there is none: the counter may be
  ///   used for fine clocks.
  public borrowing func run() -> CounterFault? {
    let first = sample()
    var hasMoved = false
    var taken = 0
    while taken < Self.samples || !hasMoved && taken < Self.stoppedSamples {
      if sample() != first { hasMoved = true }
      taken += 1
    }
    return state.withLock { state in
      if !hasMoved { state.fault = state.fault ?? .stopped }
      return state.fault
    }
  }

  /// The number of the CPU that holds the check's lock at the moment, nil if it is free.
  public var lockHolder: UInt32? { state.holderNumber }

  /// The first fault that any CPU has found.
  public var fault: CounterFault? { state.withLock { $0.fault } }

  /// Takes a sample and compares it with the previous one of any CPU.
  private borrowing func sample() -> UInt64 {
    state.withLock { state in
      let count = Clock.read()
      if let last = state.last, Clock.isBehind((count &- last.count) & Clock.mask) {
        state.fault =
          state.fault ?? (last.processor == CPU.number ? .decreases : .differsBetweenProcessors)
      }
      state.last = (count, CPU.number)
      return count
    }
  }
}

/// The frequency of the counter according to firmware and the device tree.
public struct CounterFrequency: Equatable, Sendable {
  /// Counts per second.
  public let hertz: UInt32
  /// The reason why the counter cannot be used for fine clocks; nil if it can.
  public let fault: CounterFault?

  /// Chooses the frequency; nil if neither value is supported. The device tree has precedence,
  /// because it has the value if firmware left the register unset (Devicetree bindings,
  /// arm,arch_timer: clock-frequency). If both are set and differ, that is a fault.
  public init?(register: UInt32, tree: UInt32?) {
    let tree = tree ?? 0
    let hasNoAccess = (
      ClockScale.frequencies.contains(register), ClockScale.frequencies.contains(tree)
    )
    guard hasNoAccess.0 || hasNoAccess.1 else { return nil }
    hertz = hasNoAccess.1 ? tree : register
    if register != 0, tree != 0, register != tree {
      fault = .contradictoryFrequencies(register: register, tree: tree)
    } else if !ClockScale.fineFrequencies.contains(hertz) {
      fault = .unsupportedFrequency(hertz)
    } else {
      fault = nil
    }
  }
}
