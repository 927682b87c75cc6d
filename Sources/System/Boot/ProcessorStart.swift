// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// The phase of a CPU's start or stop. Phases follow in this order, except for the last one.
public enum ProcessorPhase: UInt32, Sendable {
  /// The CPU has not responded.
  case off = 0
  /// The CPU runs, and waits for the comparison of counters.
  case arrived = 1
  /// The CPU compares its counter.
  case comparing = 2
  /// The CPU has compared, and waits until it may run tasks.
  case ready = 3
  /// The CPU may run tasks.
  case admitted = 4
  /// The CPU runs tasks.
  case running = 5
  /// A panic has stopped the CPU.
  case stopped = 6
  /// The CPU did not arrive in time, and must park if it still does.
  case abandoned = 7
}

/// What the start of further CPUs requires of a port.
public protocol SecondaryProcessors {
  /// The most CPUs.
  ///
  /// - Called: boot.
  /// - Tested by: `testCPUsBeyondTheLimitAreNotStarted`.
  static var limit: UInt32 { get }

  /// The phase of a CPU, with acquire ordering: what it stored before the phase is visible.
  ///
  /// - Called: boot.
  /// - Tested by: `testEachCPUPassesThroughAllPhases`.
  static func phase(of cpu: UInt32) -> ProcessorPhase

  /// Sets the phase of a CPU, with release ordering: all earlier stores become visible with it.
  ///
  /// - Called: boot.
  /// - Tested by: `testEachCPUPassesThroughAllPhases`.
  static func setPhase(_ phase: ProcessorPhase, of cpu: UInt32)

  /// Changes the phase of a CPU atomically; returns false if it was not `from`.
  ///
  /// - Called: boot.
  /// - Tested by: `testLateCPUIsAbandonedAndParks`.
  static func change(_ cpu: UInt32, from: ProcessorPhase, to: ProcessorPhase) -> Bool

  /// Asks the firmware to start the CPU with this identity, which then has the number `cpu` and
  /// runs on the stack of `task`, its idle task. Returns false if the firmware refuses.
  ///
  /// - Called: boot.
  /// - Tested by: `testRefusedCPUKeepsNoStack`.
  static func start(_ cpu: UInt32, identity: UInt32, task: TaskNumber) -> Bool

  /// The address space that maps nothing, as `ContextSwitch.activate` gets it.
  ///
  /// - Called: boot.
  /// - Tested by: `testEachCPUPassesThroughAllPhases`.
  static var emptySpace: UInt64 { get }
}

/// The start of the secondary CPUs. The first CPU starts them one after the other, compares its
/// counter with each, and leaves out those that do not respond.
public enum ProcessorStart<A: Architecture, CPUs: SecondaryProcessors> {
  /// Timeouts in seconds: from the firmware call to the CPU's first line of Swift, and for each
  /// later phase.
  private static var arrivalTimeout: UInt64 { 2 }
  private static var phaseTimeout: UInt64 { 20 }

  /// Starts all other CPUs of the machine that firmware can start. `cpu` returns the identity of
  /// each of the `present` ones, and nil for one without a way to start it; the running one has the
  /// identity `me`. Called on the first CPU at the end of the boot, with interrupts masked. With
  /// one CPU it does nothing and logs nothing.
  public static func startAll(present: Int, me: UInt32, hasFirmware: Bool, cpu: (Int) -> UInt32?) {
    // The other CPUs run no task before the first CPU sets this phase.
    defer { CPUs.setPhase(.running, of: 0) }
    guard present > 1 else { return }
    guard hasFirmware else {
      return Log.line("processors: 1 of \(present) run: no firmware starts the others")
    }
    var (number, count): (UInt32, UInt32) = (1, 1)
    for index in 0..<present {
      let identity = cpu(index)
      guard identity != me else { continue }
      guard number < CPUs.limit else { break }
      if start(number, identity) { count += 1 }
      number += 1
    }
    Log.line("processors: \(count) of \(present) run")
    if A.system.counterFault == nil, let fault = A.system.counterCheck.fault {
      System<A>.setCounterFault(fault)
      A.system.ticks.timekeeper.setMode(.systemCall)
      Log.line("tick: counter is not used for fine time: \(fault.text)")
    }
    if count > 1 { release() }
  }

  /// Lets the CPUs that are ready run tasks.
  private static func release() {
    KernelEntry<A>.begin()
    activateEmptySpace()
    for cpu in 1..<CPUs.limit where CPUs.phase(of: cpu) == .ready {
      CPUs.setPhase(.admitted, of: cpu)
      _ = waitFor(.running, cpu, phaseTimeout)
    }
  }

  /// Activates the empty address space on the calling CPU, whose idle task runs. From now on no
  /// process's memory is active while the CPU idles, because another CPU may end that process.
  private static func activateEmptySpace() {
    A.system.scheduler.setAddressSpace(CPUs.emptySpace, of: A.system.scheduler.current)
  }

  /// Starts one CPU and waits until it is ready; returns false, with a log line, if it is not.
  private static func start(_ number: UInt32, _ identity: UInt32?) -> Bool {
    guard let identity else { return refused(number, "no way to start it") }
    let task: TaskNumber
    do throws(KernelTaskError) {
      task = try KernelTask<A>.create(Urgency(.idle)) { top, _ in top }
    } catch {
      return refused(number, "no memory for its stack")
    }
    guard CPUs.start(number, identity: identity, task: task) else {
      KernelTask<A>.free(task)
      return refused(number, "firmware refuses")
    }
    guard
      waitFor(.arrived, number, arrivalTimeout)
        || !CPUs.change(number, from: .off, to: .abandoned)
    else {
      // Its stack stays allocated: the CPU may still arrive, and then parks.
      return refused(number, "no response")
    }
    // Both CPUs take samples at the same time.
    CPUs.setPhase(.comparing, of: number)
    _ = A.system.counterCheck.run()
    return waitFor(.ready, number, phaseTimeout) || refused(number, "stopped responding")
  }

  private static func refused(_ number: UInt32, _ reason: StaticString) -> Bool {
    Log.line("processors: \(number) is left out: \(reason)")
    return false
  }

  private static func waitFor(
    _ phase: ProcessorPhase, _ number: UInt32, _ seconds: UInt64
  ) -> Bool {
    let begin = A.Clock.read()
    let span = UInt64(A.Clock.frequency) * seconds
    while CPUs.phase(of: number) != phase {
      // Wrapping: a difference of two counts.
      guard A.Clock.read() &- begin < span else { return false }
      A.CPU.relax()
    }
    return true
  }

  /// Runs on a secondary CPU, from its first line of Swift until it may run tasks, with interrupts
  /// masked. `prepare` configures the CPU once it has arrived. Returns false if the first CPU no
  /// longer waits for it: then it must park. The boot text is freed while this function returns.
  public static func join(prepare: () -> Void) -> Bool {
    let me = A.CPU.number
    guard CPUs.change(me, from: .off, to: .arrived) else { return false }
    prepare()
    while CPUs.phase(of: me) == .arrived { A.CPU.relax() }
    _ = A.system.counterCheck.run()
    CPUs.setPhase(.ready, of: me)
    while CPUs.phase(of: me) == .ready { A.CPU.relax() }
    A.system.scheduler.adoptIdle(A.system.scheduler.current)
    activateEmptySpace()
    A.system.ticks.join()
    CPUs.setPhase(.running, of: me)
    while CPUs.phase(of: 0) != .running { A.CPU.relax() }
    return true
  }
}
