// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore

  /// The port's context switch. It adds CPU-time accounting and the release of the kernel lock.
  enum KernelContext: ContextSwitch {
    @inline(__always)
    static func switchStack(saving saved: UnsafeMutablePointer<UInt32>, to newStack: UInt32) {
      // SAFETY: the scheduler guarantees what the port's switch requires.
      unsafe ARMv7A.switchStack(saving: saved, to: newStack)
    }

    static func prepareStack(
      top: UInt32, entry: @convention(c) (UInt32) -> Void, argument: UInt32
    ) -> UInt32 {
      ARMv7A.prepareStack(top: top, entry: entry, argument: argument)
    }

    static func activate(addressSpace: UInt64) { ARMv7A.activate(addressSpace: addressSpace) }

    static var runningTask: UInt32 {
      @inline(__always) get { ARMv7A.runningTask }
      @inline(__always) set { ARMv7A.runningTask = newValue }
    }

    static var isRescheduleDue: Bool {
      @inline(__always) get { ARMv7A.isRescheduleDue }
      @inline(__always) set { ARMv7A.isRescheduleDue = newValue }
    }

    static var runningOwner: UInt32 {
      @inline(__always) get { ARMv7A.runningOwner }
      @inline(__always) set { ARMv7A.runningOwner = newValue }
    }

    @inline(__always)
    static func setRunning(_ task: UInt32, owner: UInt32) {
      ARMv7A.setRunning(task, owner: owner)
    }

    static var counter: UInt64 {
      @inline(__always) get { GenericTimer.read() }
    }

    static func willRun(_ task: UInt32, ran: UInt64, since: UInt64) {
      TaskClocks.given(task, ran: ran, since: since)
    }

    static func willLeave() { KernelEntry.leave() }

    static func summon(_ cpus: UInt32) { InterruptLines.send(.reschedule, to: cpus) }

    static var isInInterrupt: Bool { ARMv7A.isInInterrupt }
  }
#endif
