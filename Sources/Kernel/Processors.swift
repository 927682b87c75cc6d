// SPDX-License-Identifier: Apache-2.0
import Board
import PortARMv7A
import RTOSCore
import System
import TickHandler

// SAFETY: the variable is written by the first CPU at boot, before a program runs.
/// The secondary CPUs. The first CPU starts them one after the other, compares its counter with
/// each, and leaves out those that do not respond.
package enum Processors {
  /// Timeouts in seconds: from the firmware call to the CPU's first line of Swift, and for each
  /// later phase.
  private static let arrivalTimeout: UInt64 = 2
  private static let phaseTimeout: UInt64 = 20

  // SAFETY: written by the first CPU at boot, before a program runs.
  nonisolated(unsafe) private static var running: UInt32 = 1

  /// The number of CPUs that run.
  package static var count: UInt32 { unsafe running }

  /// Starts all CPUs that the device tree lists and firmware can start. Called on the first CPU
  /// at the end of the boot, with interrupts masked. With one CPU it does nothing and logs
  /// nothing.
  static func startAll(_ board: BoardDescription) {
    Panic.setStopOthers {
      KernelInterrupts.sendIPI(.stop, to: .max & ~(1 << ARMv7A.number))
    }
    let present = UInt32(board.cpus.count)
    // The other CPUs run no task before the first CPU sets this phase.
    defer { ProcessorArea.setPhase(.running, of: 0) }
    guard present > 1 else { return }
    guard board.firmware != nil else {
      return Log.line("processors: 1 of \(present) run: no firmware starts the others")
    }
    KernelMap.mapSecondaryEntry()
    let me = ProcessorArea.identity
    var number: UInt32 = 1
    for index in 0..<board.cpus.count where board.cpus[index].identifier != me {
      guard number < ProcessorArea.limit else { break }
      if start(number, board.cpus[index], board.firmware) { unsafe running += 1 }
      number += 1
    }
    Log.line("processors: \(count) of \(present) run")
    if KernelArchitecture.system.counterFault == nil,
      let fault = KernelArchitecture.system.counterCheck.fault
    {
      KernelSystem.setCounterFault(fault)
      KernelArchitecture.system.ticks.timekeeper.setMode(.systemCall)
      Log.line("tick: counter is not used for fine time: \(fault.text)")
    }
    if count > 1 { release() }
  }

  /// Lets the CPUs that are ready run tasks.
  private static func release() {
    KernelLock.begin()
    activateEmptySpace()
    for cpu in 1..<ProcessorArea.limit where ProcessorArea.phase(of: cpu) == .ready {
      ProcessorArea.setPhase(.admitted, of: cpu)
      _ = waitFor(.running, cpu, phaseTimeout)
    }
  }

  /// Activates the empty address space on the calling CPU, whose idle task runs. From now on no
  /// process's memory is active while the CPU idles, because another CPU may end that process.
  private static func activateEmptySpace() {
    KernelArchitecture.system.scheduler.setAddressSpace(
      ARMv7A.emptySpaceEncoding, of: KernelArchitecture.system.scheduler.current)
  }

  /// Starts one CPU and waits until it is ready; returns false, with a log line, if it is not.
  private static func start(
    _ number: UInt32, _ cpu: BoardDescription.CPU, _ firmware: BoardDescription.Firmware?
  ) -> Bool {
    guard let firmware, cpu.isStartedByPSCI else { return refused(number, "no way to start it") }
    let task: TaskNumber
    do throws(KernelTaskError) {
      task = try KernelTasks.create(priority: .idle) { top, _ in top }
    } catch {
      return refused(number, "no memory for its stack")
    }
    ProcessorArea.prepare(
      number, stackTop: KernelMap.stackTop(task.rawValue), task: task.rawValue)
    let answer = Power.startProcessor(
      number, identity: cpu.identifier, function: firmware.cpuOn)
    guard answer == 0 else {
      KernelTasks.free(task)
      return refused(number, "firmware refuses")
    }
    guard
      waitFor(.arrived, number, arrivalTimeout)
        || !ProcessorArea.change(number, from: .off, to: .abandoned)
    else {
      // Its stack stays allocated: the CPU may still arrive, and then parks.
      return refused(number, "no response")
    }
    // Both CPUs take samples at the same time.
    ProcessorArea.setPhase(.comparing, of: number)
    _ = KernelArchitecture.system.counterCheck.run()
    return waitFor(.ready, number, phaseTimeout) || refused(number, "stopped responding")
  }

  private static func refused(_ number: UInt32, _ reason: StaticString) -> Bool {
    Log.line("processors: \(number) is left out: \(reason)")
    return false
  }

  private static func waitFor(
    _ phase: ProcessorArea.Phase, _ number: UInt32, _ seconds: UInt64
  ) -> Bool {
    let begin = GenericTimer.read()
    let span = UInt64(GenericTimer.frequency) * seconds
    while ProcessorArea.phase(of: number) != phase {
      // Wrapping: a difference of two counts.
      guard GenericTimer.read() &- begin < span else { return false }
      ARMv7A.relax()
    }
    return true
  }

  /// Runs a secondary CPU, from start.S on its idle task's stack. Interrupts are masked.
  fileprivate static func begin() -> Never {
    let number = ARMv7A.number
    guard ProcessorArea.change(number, from: .off, to: .arrived) else { ProcessorArea.park() }
    ARMv7A.dropIdentityMap()
    Machine.shared.interruptController.configureCPU(number)
    KernelInterrupts.enableLines()
    GenericTimer.allowUserReads()
    _ = InstructionCounter.start()
    while ProcessorArea.phase(of: number) == .arrived { ARMv7A.relax() }
    _ = KernelArchitecture.system.counterCheck.run()
    ProcessorArea.setPhase(.ready, of: number)
    while ProcessorArea.phase(of: number) == .ready { ARMv7A.relax() }
    KernelArchitecture.system.scheduler.adoptIdle(KernelArchitecture.system.scheduler.current)
    activateEmptySpace()
    KernelArchitecture.system.ticks.join()
    ProcessorArea.setPhase(.running, of: number)
    while ProcessorArea.phase(of: 0) != .running { ARMv7A.relax() }
    ARMv7A.enableInterrupts()
    KernelSystem.idle()
  }
}

/// The entry of a secondary CPU from start.S.
@c(port_secondary_started)
func secondaryStarted() { Processors.begin() }
