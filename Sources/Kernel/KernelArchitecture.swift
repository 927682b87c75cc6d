// SPDX-License-Identifier: Apache-2.0
import Board
import BootImage
import PortARMv7A
import RTOSCore
import System
import UserSpace
import VmRegion

/// This port and this board, as the system sees them.
package enum KernelArchitecture: Architecture {
  package typealias CPU = ARMv7A
  package typealias SchedulerCPU = KernelCPU
  package typealias Context = ARMv7A
  package typealias Clock = GenericTimer
  package typealias Table = KernelTable
  package typealias Memory = LinearMap
  package typealias User = UserCopy
  package typealias ABI = ARMEABI
  package typealias Space = KernelMap
  package typealias Registers = ARMv7ARegisters
  package typealias Interrupts = KernelInterrupts
  package typealias Control = ProcessorControl
  package typealias Console = KernelConsole

  package static var storage: UnsafeMutablePointer<KernelSystem> {
    @inline(__always) get {
      // SAFETY: MachineAssembly checks that the memory is large enough; nothing else uses it.
      unsafe boot_system_place().assumingMemoryBound(to: KernelSystem.self)
    }
  }

  package static var fileSource: FileSource {
    { request, path, page in KernelLock.serveFile(request, path, page: page) }
  }

  /// The physical address of an address in the linear map; 0 for any other.
  package static func physicalAddress(of address: UInt32) -> PhysicalAddress {
    LinearMap.query(address)
  }

  #if WATCH
    /// Turns the watch of masked interrupts on or off.
    package static func setWatched(_ isOn: Bool) { WatchedCPU.setOn(isOn) }

    /// The longest masked time so far, in instructions.
    package static var longestMasked: UInt32 { WatchedCPU.longest }
  #endif
}

extension KernelInterrupts: SystemInterrupts {
  package static var timerLine: UInt32 { Machine.shared.timerLine }
}
