// SPDX-License-Identifier: Apache-2.0
// The entries from the exception vectors (image/boot/vectors.S).
import Board
import PortARMv7A
import PortARMv7AAssembly
import RTOSCore
import System
import UserSpace
import VmRegion

// SAFETY: the registers have the layout of port_trap_frame, and the frame is this task's own; the
// process is the one that its call area names.
/// Serves a system call, with interrupts on; the result goes to the frame.
@c(port_system_call)
func systemCall(
  _ frame: UnsafeMutablePointer<port_trap_frame>, _ process: UnsafeMutableRawPointer
) {
  unsafe SystemCalls<KernelPlatform>.dispatch(
    UnsafeMutableRawPointer(frame).assumingMemoryBound(to: ARMRegisters.self),
    ProcessReference(at: process.assumingMemoryBound(to: Process<KernelPlatform>.self)))
}

// SAFETY: the registers have the layout of port_trap_frame, and the frame is this task's own; the
// process is the one that its call area names.
/// Serves the system call clock_gettime64, with interrupts on; the result goes to the frame.
@c(port_clock_time64)
func clockTime64(
  _ frame: UnsafeMutablePointer<port_trap_frame>, _ process: UnsafeMutableRawPointer
) {
  unsafe SystemCalls<KernelPlatform>.clockTime64(
    UnsafeMutableRawPointer(frame).assumingMemoryBound(to: ARMRegisters.self),
    ProcessReference(at: process.assumingMemoryBound(to: Process<KernelPlatform>.self)))
}

/// Serves an interrupt, with interrupts masked.
@c(port_interrupt)
func interrupt(_ frame: UnsafeMutablePointer<port_trap_frame>) {
  // SAFETY: the frame is the one that the vectors stored for this interrupt.
  unsafe ARMv7A.enterInterrupt(frame)
  defer { ARMv7A.leaveInterrupt() }
  #if WATCH
    if ProcessorArea.isMeasured { KernelCPU.watch() }
    defer { if ProcessorArea.isMeasured { KernelCPU.endWatch() } }
  #endif
  // A spurious interrupt must not be ended.
  guard let taken = Machine.shared.interruptController.acknowledge(on: ARMv7A.number)
  else { return ProcessorArea.countInterrupt(InterruptKind.spurious.rawValue) }
  #if DEBUG
    Trace.interrupt(.interrupt, line: taken.line)
    defer { Trace.interrupt(.end, line: taken.line) }
  #endif
  KernelSystem.serveInterrupt(taken.line)
  Machine.shared.interruptController.end(taken)
}

/// Serves a pending reschedule before a return to user mode, with interrupts masked.
@c(port_reschedule)
func reschedule(_ frame: UnsafeMutablePointer<port_trap_frame>) {
  let mustDoUserReturnWork = KernelArchitecture.system.scheduler.reschedule()
  KernelTasks.sweep()  // Afterwards: a more urgent task does not wait for it.
  if mustDoUserReturnWork {
    ARMv7A.enableInterrupts()
    KernelLock.enter()
    // SAFETY: the frame is this task's own, and has the layout of the registers.
    unsafe Thread<KernelPlatform>.doUserReturnWork(
      UnsafeMutableRawPointer(frame).assumingMemoryBound(to: ARMRegisters.self))
    KernelLock.leave()
  }
}

/// Reschedules before an interrupt returns to a kernel task, with interrupts masked. Does nothing
/// on the return to an interrupted handler.
@c(port_preempt)
func preempt() {
  guard !ARMv7A.isInInterrupt else { return }
  KernelArchitecture.system.scheduler.reschedule()
}

// SAFETY: the frame is that of this fault, on this task's stack.
/// Serves a fault, with interrupts masked; `kind` is the raw value of a `Trap`.
@c(port_fault)
func fault(_ frame: UnsafeMutablePointer<port_trap_frame>, _ kind: UInt32) {
  let trap = Trap(rawValue: kind) ?? .unused
  switch unsafe FaultTriage.decide(trap, frame) {
  case .memory(let address, let access, let status):
    unsafe programFault(.memory(address: address, access), status, frame)
  case .alignment(let address, let status):
    unsafe programFault(.alignment(address: address), status, frame)
  case .undefinedInstruction:
    unsafe programFault(.undefinedInstruction, FaultStatus(rawValue: 0), frame)
  case .breakpoint(let address, let status):
    unsafe programFault(.breakpoint(address: address), status, frame)
  case .userCopy(let address, let access):
    ARMv7A.enableInterrupts()  // Copies run with interrupts on.
    if KernelLock.resolve(address, access) != .resolved { unsafe FaultTriage.failCopy(frame) }
  case .semihosting:
    unsafe FaultTriage.skip(frame)
  case .kernelBug:
    KernelConsole.startLastLines()
    unsafe Panic.stop(trap, frame)
  }
}

/// Handles a fault in user mode: a page is mapped, the access completed, or a signal raised.
@inline(never)
private func programFault(
  _ fault: UserFault, _ status: FaultStatus, _ frame: UnsafeMutablePointer<port_trap_frame>
) {
  ARMv7A.enableInterrupts()
  if KernelLock.enter(for: fault) { return }
  defer { KernelLock.leaveFault() }
  // SAFETY: the running thread's process lives while the thread runs, and the frame is its own.
  let frame = unsafe UnsafeMutableRawPointer(frame).assumingMemoryBound(to: ARMRegisters.self)
  if unsafe VdsoFault.handle(fault, frame, KernelPlatform.process) { return }
  var fault = fault
  if case .alignment(let address) = fault {
    switch unsafe AlignmentFaults.complete(&frame.pointee, UserCopy.self) {
    case .done: return
    case .noMemory: fault = .unreachable(address: address)
    case .refused: break
    }
  }
  // SAFETY: the frame is the running thread's own.
  unsafe Thread<KernelPlatform>.handle(fault, status: status.rawValue, frame)
}
