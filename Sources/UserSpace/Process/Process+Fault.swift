// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// What a program did that the processor refused; the port fills it in from the fault registers.
public enum ProgramFault: Equatable, Sendable {
  /// An access to memory that no mapping satisfies.
  case memory(address: UInt32, Access)
  /// A misaligned access that the processor does not make.
  case alignment(address: UInt32)
  /// A misaligned access that the kernel made, to memory that is not the program's.
  case unreachable(address: UInt32)
  /// An undefined instruction.
  case undefinedInstruction
  /// A breakpoint instruction.
  case breakpoint(address: UInt32)
}

// SAFETY: the running process lives as long as its thread, and the frame is that thread's own.
extension Thread {
  /// Handles a fault of the running program: brings the page, or sends the signal that Linux would
  /// send. Where no handler takes it, the process ends, and a line on the log says why. `status` is
  /// what a handler finds as error_code. Interrupts are on.
  @inline(never)
  public static func handle(
    _ fault: ProgramFault, status: UInt32, _ frame: UnsafeMutablePointer<TrapFrame>
  ) {
    let pc = unsafe frame.pointee.pc
    switch fault {
    case .memory(let address, let access):
      switch unsafe P.process.pointee.space.handleFault(at: address, access) {
      case .resolved: return
      case .outOfMemory:
        unsafe P.process.pointee.die(.kill, at: address, "out of memory", frame.pointee)
      case let outcome:
        if access == .execute, unsafe isReturn(address, frame) { return }
        let isMapped = outcome == .notAllowed
        record(FaultRecord(trapNumber: 14, errorCode: status, address: address))
        // SEGV_MAPERR, SEGV_ACCERR.
        unsafe force(
          SignalInfo(.segmentationFault, code: isMapped ? 2 : 1, address, 0, 0),
          isMapped ? "no permission" : "no mapping", frame)
      }
    case .alignment(let address):
      record(FaultRecord(trapNumber: 0, errorCode: status, address: address))
      // BUS_ADRALN.
      unsafe force(SignalInfo(.bus, code: 1, address, 0, 0), "misaligned", frame)
    case .unreachable(let address):
      record(FaultRecord(trapNumber: 14, errorCode: status, address: address))
      // SEGV_MAPERR, also where there is a mapping, as on Linux.
      unsafe force(
        SignalInfo(.segmentationFault, code: 1, address, 0, 0), "misaligned, no memory", frame)
    case .undefinedInstruction:
      record(FaultRecord(trapNumber: 6, errorCode: 0, address: lastFaultAddress))
      // ILL_ILLOPC.
      unsafe force(SignalInfo(.illegalInstruction, code: 1, pc, 0, 0), "undefined", frame)
    case .breakpoint(let address):
      record(FaultRecord(trapNumber: 0, errorCode: status, address: lastFaultAddress))
      // TRAP_HWBKPT.
      unsafe force(SignalInfo(.trap, code: 4, address, 0, 0), "breakpoint", frame)
    }
  }

  private static var lastFaultAddress: UInt32 { unsafe P.thread.pointee.signals.fault.address }

  private static func record(_ fault: FaultRecord) {
    unsafe P.thread.pointee.signals.fault = fault
  }

  /// A handler without a restorer returns to an address that stands for sigreturn.
  private static func isReturn(
    _ address: UInt32, _ frame: UnsafeMutablePointer<TrapFrame>
  ) -> Bool {
    let ways = SignalFrame.returnsWithoutVdso
    guard address == ways.plain || address == ways.realTime else { return false }
    let call = unsafe SystemCall<P>(frame: frame, process: P.process)
    unsafe frame.pointee.r0 = call.signalReturn(hasInfo: address == ways.realTime)
    return true
  }

  /// Sends the running thread a signal that it cannot put off: with no handler, or with the signal
  /// blocked, the process ends, and the log says why. False then.
  @inline(never)
  @discardableResult
  static func force(
    _ info: SignalInfo, _ reason: StaticString, _ frame: UnsafeMutablePointer<TrapFrame>
  ) -> Bool {
    let (process, thread) = unsafe (P.process, P.thread)
    guard let signal = info.signal else { return true }
    let handler = unsafe process.pointee.signals[signal].handler
    guard handler > SignalAction.ignore, unsafe thread.pointee.signals.mask & signal.bit == 0 else {
      unsafe process.pointee.die(signal, at: info.words[3], reason, frame.pointee)
      return false
    }
    P.processes.withLock { table in
      _ = unsafe table.send(info, to: process, task: thread.pointee.task)
    }
    return true
  }
}

extension Process {
  /// Ends the process by `signal`, with its reason on the log.
  @inline(never)
  mutating func die(
    _ signal: Signal, at address: UInt32, _ reason: StaticString, _ frame: borrowing TrapFrame
  ) {
    var line: LogLine = ""
    // SAFETY: a thread's place does not move.
    let name = unsafe P.thread.pointee.name
    for index in 0..<15 where name[index] != 0 { line.put(name[index]) }
    line.text(": ")
    line.text(signal.name)
    line.text(" at 0x")
    line.hexadecimal(address)
    line.text(" (")
    line.text(reason)
    line.text("), pc 0x")
    line.hexadecimal(frame.pc)
    line.text(", lr 0x")
    line.hexadecimal(frame.lr)
    if identifier == 1 { Log.lastLine(line) } else { Log.line(line) }
    end(.signalled(signal))
  }

  /// Ends the process: the running thread at once, the others before they return to the program. The
  /// first end counts. A thread that an exec has told to end ends alone: the process goes on with the
  /// new program, as in Linux. On the machine it does not return.
  mutating func end(_ end: ProcessEnd) {
    // SAFETY: a thread's place does not move.
    let isToldToEnd = unsafe P.thread.pointee.mustEnd
    if !hasEnded, !(isExecuting && isToldToEnd) {
      outcome = end
      hasEnded = true
      if threadCount > 1 { stopOthers() }
    }
    Thread<P>.finish()
  }
}
