// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import RTOSCore
  import TickHandler
  import UserSpace
  import VdsoModule
  import VmRegion

  /// The concrete types of this kernel: the portable modules on this port and board.
  typealias KernelFrames = FramePool<ARMv7A, LinearMap>
  #if !LITEOS
    /// The CPU as the scheduler sees it.
    typealias KernelCPU = ARMv7A
  #endif
  typealias KernelScheduler = Scheduler<KernelCPU, KernelContext>
  typealias KernelPublisher = MeasuredPublisher
  typealias KernelTimekeeper = Timekeeper<ARMv7A, GenericTimer, KernelPublisher>
  typealias KernelCounterCheck = CounterCheck<ARMv7A, GenericTimer>
  typealias KernelTicks = TickService<ARMv7A, GenericTimer, KernelPublisher>
  typealias KernelInterruptController = MachineBoard.Interrupts

  // SAFETY: the one machine is installed at boot, before anything asks for it, and lives for ever.
  /// What there is one of, made once by the boot order and reached by traps and bindings.
  @safe struct Machine: ~Copyable {
    let frames: KernelFrames
    let scheduler: KernelScheduler
    let ticks: KernelTicks
    let publisher: KernelPublisher
    /// Each further CPU runs it before its first program.
    let counterCheck: KernelCounterCheck
    /// Why fine time is not made from the counter; nil if it is.
    fileprivate(set) var counterFault: CounterFault?
    let interruptController: KernelInterruptController
    let timerLine: UInt32
    /// The kernel command line.
    let commandLine: ImmortalBytes
    /// The command line does not say `norandomize`.
    let randomizesAddresses: Bool
    /// The command line says `vdso=off`.
    let isVdsoForbidden: Bool
    /// Whether programs get a vDSO. Module init decides, before the first program.
    var vdso = Vdso(off: .notChecked)

    /// Stops the running task for the length of a tick, for devices that are polled.
    func waitForATick() {
      let tick = ticks.timekeeper.resolution(of: .monotonicCoarse).totalNanoseconds ?? 1
      KernelPlatform.sleep(until: ticks.timekeeper.monotonicNanoseconds() + tick)
    }

    /// Tokens of timeouts from here on are numbers of processes' timers.
    static let firstTimer: UInt32 = 0x8000_0000

    /// Serves a timeout: its token is the task that waits for it, or a timer.
    static func wake(_ token: UInt32) {
      guard token >= firstTimer else {
        return shared.scheduler.wake(TaskNumber(rawValue: token))
      }
      KernelPlatform.processes.expireTimer(token - firstTimer)
    }

    // SAFETY: written once at boot, before interrupts are on or a second CPU runs.
    nonisolated(unsafe) private static var storage: UnsafeMutablePointer<Machine>?

    /// The machine. Not before `install`.
    static var shared: Machine {
      @inline(__always) unsafeAddress { unsafe UnsafePointer(storage.unsafelyUnwrapped) }
    }

    /// Says what module init found out about the vDSO. Once, before the first program.
    static func setVdso(_ vdso: Vdso) {
      // SAFETY: interrupts are masked and no second CPU runs yet.
      unsafe storage.unsafelyUnwrapped.pointee.vdso = vdso
    }

    /// Says what is wrong with the counter. Once, before the first program.
    static func setCounterFault(_ fault: CounterFault) {
      // SAFETY: interrupts are masked, and further CPUs do not look at it before a program runs.
      unsafe storage.unsafelyUnwrapped.pointee.counterFault = fault
    }

    /// Moves the finished machine to `memory`, where it stays.
    static func install(_ machine: consuming Machine, at memory: UnsafeMutablePointer<Machine>) {
      // SAFETY: the boot order hands in unused memory for one machine.
      unsafe memory.initialize(to: machine)
      unsafe storage = memory
    }
  }
#endif
