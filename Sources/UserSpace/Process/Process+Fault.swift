// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// A program's access or instruction that the processor refused. The port fills it in from the
/// fault registers.
public enum UserFault: Equatable, Sendable {
  /// A memory access that the translation tables do not permit.
  case memory(address: UserAddress, Access)
  /// A misaligned access that the processor does not support.
  case alignment(address: UserAddress)
  /// A misaligned access that the kernel tried to complete, to memory that the program may not
  /// access.
  case unreachable(address: UserAddress)
  /// An undefined instruction.
  case undefinedInstruction
  /// A breakpoint instruction.
  case breakpoint(address: UserAddress)
}

// SAFETY: the running process lives as long as its thread, and the frame is that thread's own.
extension Thread {
  /// Handles a fault of the running program: resolves a page fault, or sends the signal that Linux
  /// would send. If no handler can take the signal, the process ends and the reason is logged.
  /// `status` becomes error_code in the signal frame. Interrupts are on.
  @inline(never)
  public static func handle(
    _ fault: UserFault, status: UInt32, _ frame: UnsafeMutablePointer<P.ABI.Registers>
  ) {
    let frame = unsafe RecordReference(at: frame)
    let pc = frame.pointee.programCounter
    switch fault {
    case .memory(let address, let access):
      switch P.process.pointee.space.handleFault(at: address, access) {
      case .resolved: return
      case .outOfMemory:
        P.process.pointee.die(.kill, at: address, "out of memory", frame.pointee)
      case .behindEnd:
        record(FaultRecord(trapNumber: 14, errorCode: status, address: address))
        // BUS_ADRERR.
        force(SignalInfo(.bus, code: 2, at: address), "behind the end of a file", frame)
      case let outcome:
        if access == .execute, isReturn(address, frame) { return }
        let isMapped = outcome == .notAllowed
        record(FaultRecord(trapNumber: 14, errorCode: status, address: address))
        // SEGV_MAPERR, SEGV_ACCERR.
        force(
          SignalInfo(.segmentationFault, code: isMapped ? 2 : 1, at: address),
          isMapped ? "no permission" : "no mapping", frame)
      }
    case .alignment(let address):
      record(FaultRecord(trapNumber: 0, errorCode: status, address: address))
      // BUS_ADRALN.
      force(SignalInfo(.bus, code: 1, at: address), "misaligned", frame)
    case .unreachable(let address):
      record(FaultRecord(trapNumber: 14, errorCode: status, address: address))
      // SEGV_MAPERR even if there is a mapping, as on Linux.
      force(
        SignalInfo(.segmentationFault, code: 1, at: address), "misaligned, no memory", frame)
    case .undefinedInstruction:
      record(FaultRecord(trapNumber: 6, errorCode: 0, address: lastFaultAddress))
      // ILL_ILLOPC.
      force(SignalInfo(.illegalInstruction, code: 1, at: pc), "undefined", frame)
    case .breakpoint(let address):
      record(FaultRecord(trapNumber: 0, errorCode: status, address: lastFaultAddress))
      // TRAP_HWBKPT.
      force(SignalInfo(.trap, code: 4, at: address), "breakpoint", frame)
    }
  }

  private static var lastFaultAddress: UserAddress { P.thread.pointee.signals.fault.address }

  private static func record(_ fault: FaultRecord) {
    P.thread.pointee.signals.fault = fault
  }

  /// Handles a jump to one of the addresses that stand for sigreturn if there is no vDSO; false for
  /// any other address.
  private static func isReturn(
    _ address: UserAddress, _ frame: RecordReference<P.ABI.Registers>
  ) -> Bool {
    let ways = returnAddressesWithoutVdso
    guard address == ways.plain || address == ways.realTime else { return false }
    returnFromHandler(hasInfo: address == ways.realTime, frame)
    return true
  }

  /// Sends the running thread a signal that cannot be deferred. If it is blocked or has no handler,
  /// the process ends and the reason is logged; returns false then.
  @inline(never)
  @discardableResult
  static func force(
    _ info: SignalInfo, _ reason: StaticString, _ frame: RecordReference<P.ABI.Registers>
  ) -> Bool {
    let (process, thread) = (P.process, P.thread)
    guard let signal = info.signal else { return true }
    let handler = process.pointee.signals[signal].handler
    guard handler > SignalAction.ignore, thread.pointee.signals.mask & signal.bit == 0 else {
      process.pointee.die(signal, at: info.address, reason, frame.pointee)
      return false
    }
    P.processes.withLock { table in
      _ = table.send(info, to: process, task: thread.pointee.task)
    }
    return true
  }
}

extension Process {
  /// Ends the process by `signal` and logs the reason.
  @inline(never)
  mutating func die(
    _ signal: Signal, at address: UserAddress, _ reason: StaticString,
    _ frame: borrowing P.ABI.Registers
  ) {
    var line: LogLine = ""
    let name = P.thread.pointee.name
    for index in 0..<15 where name[index] != 0 { line.put(name[index]) }
    line.text(": ")
    line.text(signal.name)
    line.text(" at 0x")
    line.hexadecimal(address.word)
    line.text(" (")
    line.text(reason)
    line.text("), pc 0x")
    line.hexadecimal(frame.programCounter.word)
    Kits<P>.describe(frame.programCounter, in: space, to: &line)
    line.text(", lr 0x")
    line.hexadecimal(frame.returnAddress.word)
    if identifier == .first { Log.fatalLine(line) } else { Log.line(line) }
    end(.signalled(signal))
  }

  /// Ends the process: the running thread at once, the others before they return to user mode. The
  /// first end determines the status. A thread that a concurrent exec made end ends alone; the
  /// process continues with the new program, as on Linux. On the machine it does not return.
  mutating func end(_ end: ProcessEnd) {
    let isToldToEnd = P.thread.pointee.isKilledByExec
    if !hasEnded, !(isExecuting && isToldToEnd) {
      ending = end
      if threadCount > 1 { endOtherThreads() }
    }
    Thread<P>.finish()
  }
}
