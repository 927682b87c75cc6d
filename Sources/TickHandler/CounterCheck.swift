// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Why the counter is not to be trusted with fine time.
public enum CounterFault: Equatable, Sendable {
  /// Nobody can be sure how fast it runs: what its register says, and what the device tree says.
  case contradictoryFrequencies(register: UInt32, tree: UInt32)
  /// It runs slower or faster than `ClockScale.fineFrequencies`, at this many hertz.
  case unsupportedFrequency(UInt32)
  /// It does not move.
  case standsStill
  /// Read twice by one CPU, it said less the second time.
  case goesBack
  /// Read by one CPU after another, it said less to the second.
  case differsBetweenProcessors
  /// The device tree says that firmware left its registers as they came out of reset.
  case notConfigured

  /// For the boot log and /proc/vdso.
  public var text: StaticString {
    switch self {
    case .contradictoryFrequencies: "firmware and device tree name different frequencies"
    case .unsupportedFrequency: "it does not run at 1 MHz to 1 GHz"
    case .standsStill: "it stands still"
    case .goesBack: "it goes back"
    case .differsBetweenProcessors: "it differs between processors"
    case .notConfigured: "firmware has not configured its registers"
    }
  }
}

/// The check of the counter at boot: does it move, never back, and alike on all CPUs?
///
/// Every CPU takes samples under one lock, each of which must not be behind the one before, whoever
/// took it. CPUs that run the check at the same time find out whether they differ by more than the
/// lock takes from one to the next; one after the other, only whether the second is behind.
public struct CounterCheck<CPU: Processor, Clock: Counter>: ~Copyable {
  /// What the lock guards; public only so that memory for it can be set aside.
  public struct State {
    fileprivate var last: (count: UInt64, processor: UInt32)?
    fileprivate var fault: CounterFault?
  }

  /// How many samples a CPU takes of a counter that moves.
  private static var samples: Int { 1000 }
  /// How many of a counter that does not: enough for one of 20 kHz on a CPU of 10^9 instructions a
  /// second.
  private static var patience: Int { 20_000 }

  private let state: Guarded<CPU, State>

  /// A check that nobody has run. `storage` must be unused memory for one `State` that outlives
  /// this value.
  public init(in storage: UnsafeMutablePointer<State>) {
    // SAFETY: the caller's promise about `storage` is the one that `Guarded` asks for.
    unsafe state = Guarded(State(), level: .counter, in: storage)
  }

  /// Checks the counter on the running CPU. Returns the first fault that any CPU has found, nil
  /// without one: then its fine clocks may be read from the counter. Once on each CPU, before it
  /// runs a program.
  public borrowing func run() -> CounterFault? {
    let first = sample()
    var hasMoved = false
    var taken = 0
    while taken < Self.samples || !hasMoved && taken < Self.patience {
      if sample() != first { hasMoved = true }
      taken += 1
    }
    return state.withLock { state in
      if !hasMoved { state.fault = state.fault ?? .standsStill }
      return state.fault
    }
  }

  /// The CPU that holds the lock at the moment.
  public var lockHolder: UInt32? { state.holderNumber }

  /// The first fault that any CPU has found.
  public var fault: CounterFault? { state.withLock { $0.fault } }

  /// Takes a sample and compares it with the one before.
  private borrowing func sample() -> UInt64 {
    state.withLock { state in
      let count = Clock.read()
      if let last = state.last, Clock.isBehind((count &- last.count) & Clock.mask) {
        state.fault =
          state.fault ?? (last.processor == CPU.number ? .goesBack : .differsBetweenProcessors)
      }
      state.last = (count, CPU.number)
      return count
    }
  }
}

/// How fast the counter runs, from what firmware and the device tree say.
public struct CounterFrequency: Equatable, Sendable {
  /// Counts per second.
  public let hertz: UInt32
  /// Why fine time cannot be made from it; nil if it can.
  public let fault: CounterFault?

  /// The frequency to go by, or nil when there is none that time can be kept with at all. The
  /// device tree speaks where firmware has left the register unset (Devicetree bindings,
  /// arm,arch_timer: clock-frequency); where the two disagree, too, but then nobody knows.
  public init?(register: UInt32, tree: UInt32?) {
    let tree = tree ?? 0
    let isKept = (ClockScale.frequencies.contains(register), ClockScale.frequencies.contains(tree))
    guard isKept.0 || isKept.1 else { return nil }
    hertz = isKept.1 ? tree : register
    if register != 0, tree != 0, register != tree {
      fault = .contradictoryFrequencies(register: register, tree: tree)
    } else if !ClockScale.fineFrequencies.contains(hertz) {
      fault = .unsupportedFrequency(hertz)
    } else {
      fault = nil
    }
  }
}
