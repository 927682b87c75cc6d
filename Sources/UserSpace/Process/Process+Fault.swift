import RTOSCore
import VmRegion

/// What a program did that the processor refused; the port fills it in from the fault registers.
public enum ProgramFault: Equatable, Sendable {
  /// An access to memory that no mapping satisfies.
  case memory(address: UInt32, Access)
  /// A misaligned access that the processor does not make.
  case alignment(address: UInt32)
  /// An undefined instruction.
  case undefinedInstruction
  /// A breakpoint instruction.
  case breakpoint
}

extension Process {
  /// Handles a fault of the running program: brings the page, or ends the process with the signal
  /// that Linux would send, and a line on the log that says why. Interrupts are on.
  public mutating func handle(_ fault: ProgramFault, _ frame: borrowing TrapFrame) {
    switch fault {
    case .memory(let address, let access):
      switch space.handleFault(at: address, access) {
      case .resolved: return
      case .notMapped: die(.segmentationFault, at: address, "no mapping", frame)
      case .notAllowed: die(.segmentationFault, at: address, "no permission", frame)
      case .outOfMemory: die(.kill, at: address, "out of memory", frame)
      }
    case .alignment(let address): die(.bus, at: address, "misaligned", frame)
    case .undefinedInstruction: die(.illegalInstruction, at: frame.pc, "undefined", frame)
    case .breakpoint: die(.trap, at: frame.pc, "breakpoint", frame)
    }
  }

  /// Ends the process by `signal`, with its reason on the log.
  @inline(never)
  mutating func die(
    _ signal: Signal, at address: UInt32, _ reason: StaticString, _ frame: borrowing TrapFrame
  ) {
    var line: LogLine = ""
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
    Log.line(line)
    end(.signalled(signal))
  }

  /// Ends the process: the running thread at once, the others before they return to the program.
  /// On the machine it does not return.
  mutating func end(_ end: ProcessEnd) {
    if !hasEnded || threadCount == 1 { outcome = end }
    hasEnded = true
    if threadCount > 1 { stopOthers() }
    Thread<P>.finish()
  }
}
