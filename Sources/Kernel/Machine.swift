// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import RTOSCore
  import TickHandler
  import UserSpace
  import VdsoModule
  import VmRegion

  // The concrete types of this kernel: the portable modules on this port and board.
  /// The allocator of physical frames.
  typealias KernelFrames = FramePool<ARMv7A, LinearMap>
  #if !LITEOS
    /// The CPU type that the scheduler uses.
    typealias KernelCPU = ARMv7A
  #endif
  typealias KernelScheduler = Scheduler<KernelCPU, KernelContext>
  typealias KernelPublisher = MeasuredPublisher
  typealias KernelTimekeeper = Timekeeper<ARMv7A, GenericTimer, KernelPublisher>
  typealias KernelCounterCheck = CounterCheck<ARMv7A, GenericTimer>
  typealias KernelTicks = TickService<ARMv7A, GenericTimer, KernelPublisher>
  typealias KernelInterruptController = MachineBoard.Interrupts

  // SAFETY: the one machine is installed at boot, before its first use, and is never freed.
  /// The singletons of the kernel. The boot makes them once; traps and bindings use them.
  @safe struct Machine: ~Copyable {
    let frames: KernelFrames
    let scheduler: KernelScheduler
    let ticks: KernelTicks
    let publisher: KernelPublisher
    /// The comparison of the CPUs' counters, which each further CPU runs before the first program.
    let counterCheck: KernelCounterCheck
    /// Why the counter is not used for fine time; nil if it is.
    fileprivate(set) var counterFault: CounterFault?
    let interruptController: KernelInterruptController
    let timerLine: UInt32
    /// The kernel command line.
    let commandLine: ImmortalBytes
    /// True unless the command line says `norandomize`.
    let randomizesAddresses: Bool
    /// True if the command line says `vdso=off`.
    let isVdsoForbidden: Bool
    /// The vDSO, or why programs get none. Module init sets it, before the first program.
    var vdso = Vdso(off: .notChecked)

    /// Blocks the running task for one tick, to poll a device.
    func waitForATick() {
      let tick = ticks.timekeeper.resolution(of: .monotonicCoarse).totalNanoseconds ?? 1
      KernelPlatform.sleep(until: ticks.timekeeper.monotonicNanoseconds() + tick)
    }

    /// Timeout tokens from this value on are the numbers of process timers.
    static let firstTimer: UInt32 = 0x8000_0000

    /// Serves an expired timeout: its token is the task to wake, or a process timer.
    static func wake(_ token: UInt32) {
      guard token >= firstTimer else {
        return shared.scheduler.wake(TaskNumber(rawValue: token))
      }
      KernelPlatform.processes.expireTimer(token - firstTimer)
    }

    // SAFETY: written once at boot, before interrupts are on or a second CPU runs.
    nonisolated(unsafe) private static var storage: UnsafeMutablePointer<Machine>?

    /// The machine. Must not be used before `install`.
    static var shared: Machine {
      @inline(__always) unsafeAddress { unsafe UnsafePointer(storage.unsafelyUnwrapped) }
    }

    /// Stores the vDSO that module init has checked. Called once, before the first program.
    static func setVdso(_ vdso: Vdso) {
      // SAFETY: interrupts are masked and no second CPU runs yet.
      unsafe storage.unsafelyUnwrapped.pointee.vdso = vdso
    }

    /// Stores the counter's fault. Called once, before the first program.
    static func setCounterFault(_ fault: CounterFault) {
      // SAFETY: interrupts are masked, and other CPUs do not read it before a program runs.
      unsafe storage.unsafelyUnwrapped.pointee.counterFault = fault
    }

    /// Moves the finished machine to `memory`, its final address.
    static func install(_ machine: consuming Machine, at memory: UnsafeMutablePointer<Machine>) {
      // SAFETY: the boot passes unused memory for one machine.
      unsafe memory.initialize(to: machine)
      unsafe storage = memory
    }
  }
#endif
