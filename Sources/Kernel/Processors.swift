// SPDX-License-Identifier: Apache-2.0
import Board
import PortARMv7A
import RTOSCore
import System

// SAFETY: the variable is written by the first CPU at boot, before a second CPU runs.
/// The secondary CPUs of this machine.
enum Processors: SecondaryProcessors {
  private typealias Start = ProcessorStart<KernelArchitecture, Processors>

  /// The firmware's function that starts a CPU.
  nonisolated(unsafe) private static var firmwareFunction: UInt32 = 0

  static var limit: UInt32 { CpuMask.limit }
  static var emptySpace: UInt64 { ARMv7A.emptySpaceEncoding }

  static func phase(of cpu: UInt32) -> ProcessorPhase { ProcessorArea.phase(of: cpu) }

  static func setPhase(_ phase: ProcessorPhase, of cpu: UInt32) {
    ProcessorArea.setPhase(phase, of: cpu)
  }

  static func change(_ cpu: UInt32, from: ProcessorPhase, to: ProcessorPhase) -> Bool {
    ProcessorArea.change(cpu, from: from, to: to)
  }

  static func start(_ cpu: UInt32, identity: UInt32, task: TaskNumber) -> Bool {
    ProcessorArea.prepare(cpu, stackTop: KernelMap.stackTop(task.rawValue), task: task)
    return unsafe Power.startProcessor(cpu, identity: identity, function: firmwareFunction) == 0
  }

  /// Starts all CPUs that the device tree lists and firmware can start.
  static func startAll(_ board: BoardDescription) {
    Panic.setStopOthers {
      KernelInterrupts.sendIPI(.stop, to: .all.subtracting(CpuMask(cpu: ARMv7A.number)))
    }
    if let firmware = board.firmware, board.cpus.count > 1 {
      unsafe firmwareFunction = firmware.cpuOn
      KernelMap.mapSecondaryEntry()
    }
    let me = ProcessorArea.identity
    Start.startAll(
      present: board.cpus.count, me: me, hasFirmware: board.firmware != nil,
      cpu: { index in
        let cpu = board.cpus[index]
        return cpu.isStartedByPSCI || cpu.identifier == me ? cpu.identifier : nil
      })
  }

  /// Runs a secondary CPU, from start.S on its idle task's stack. Interrupts are masked.
  fileprivate static func begin() -> Never {
    let mayRun = Start.join {
      ARMv7A.dropIdentityMap()
      Machine.shared.interruptController.configureCPU(ARMv7A.number)
      KernelInterrupts.enableLines()
      GenericTimer.allowUserReads()
      _ = InstructionCounter.start()
    }
    guard mayRun else { ProcessorArea.park() }
    ARMv7A.enableInterrupts()
    KernelSystem.idle()
  }
}

/// The entry of a secondary CPU from start.S.
@c(port_secondary_started)
func secondaryStarted() { Processors.begin() }
