// SPDX-License-Identifier: Apache-2.0
// The interrupt lines and the IPIs on this machine.
import Board
import PortARMv7A
import RTOSCore
import System
import VmRegion

/// Implements what the interrupt registry requires of the machine.
package enum KernelInterrupts: InterruptPlatform {
  package typealias CPU = KernelCPU

  /// Stack bytes that a handler and its callees may use, with the path to it.
  private static var stackReserve: UInt32 { 2048 }

  package static var controller: KernelInterruptController {
    @inline(__always) get { Machine.shared.interruptController }
  }

  package static var interruptDepth: UInt32 { ARMv7A.interruptDepth }

  /// True if the stack has room for a nested handler above its guard page.
  package static var hasStackRoom: Bool {
    ARMv7A.stackPointer % KernelMap.stackSlot >= Page.size + stackReserve
  }

  package static func enableInterrupts() { ARMv7A.enableInterrupts() }

  package static func targets(of processors: CpuMask) -> UInt32? {
    let isRunning =
      processors.subtracting(KernelPlatform.processors).isEmpty && !processors.isEmpty
    return isRunning ? bits(of: processors) : nil
  }

  package static func awaitHandlers() {
    ARMv7A.completeStores()
    let me = ARMv7A.number
    for cpu in 0..<CpuMask.limit where cpu != me && KernelPlatform.processors.contains(cpu) {
      while ProcessorArea.interruptDepth(of: cpu) != 0 { ARMv7A.relax() }
    }
  }

  /// Enables the calling CPU's own lines; stores its identity and its target bit for other CPUs.
  static func enableLines() {
    ProcessorArea.storeMainIdentity()
    ProcessorArea.setIPITarget(controller.ipiTarget(of: ARMv7A.number))
    KernelSystem.enableLines()
  }

  /// Sends an IPI to some CPUs.
  @inline(never)
  package static func sendIPI(_ ipi: InterprocessorInterrupt, to processors: CpuMask) {
    let targets = bits(of: processors)
    guard targets != 0 else { return }
    ARMv7A.completeStores()
    controller.sendIPI(ipi.rawValue, to: targets)
  }

  /// The controller's target bits for some CPUs; none for a CPU that has not stored its bit.
  private static func bits(of processors: CpuMask) -> UInt32 {
    var targets: UInt32 = 0
    for cpu in 0..<CpuMask.limit where processors.contains(cpu) {
      targets |= ProcessorArea.ipiTarget(of: cpu)
    }
    return targets
  }
}
