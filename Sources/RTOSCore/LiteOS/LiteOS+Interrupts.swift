// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: pointers are valid C arguments for the call; a handler gets the device that was
// registered with it.
/// LiteOS' interrupt functions. A handler runs with interrupts masked, unless its mode is
/// `IRQF_NESTABLE`. It may post, write and resume, but must not block.
extension LiteOS {
  private static var modes: UInt32 { IRQF_SHARED | IRQF_NESTABLE }

  /// `LOS_HwiCreate`: registers a handler and enables the line.
  public func hwiCreate(
    _ line: UInt32, _ priority: UInt16, _ mode: UInt16, _ handler: HWI_PROC_FUNC?,
    _ parameter: UnsafePointer<HwiIrqParam>?
  ) -> UInt32 {
    guard let handler else { return OS_ERRNO_HWI_PROC_FUNC_NULL }
    guard UInt32(mode) & ~Self.modes == 0 else { return OS_ERRNO_HWI_MODE_INVALID }
    var sharing: InterruptOptions = []
    if UInt32(mode) & IRQF_SHARED != 0 { sharing.insert(.shared) }
    if UInt32(mode) & IRQF_NESTABLE != 0 { sharing.insert(.nesting) }
    // A handler declared without parameters ignores the registers in which they are passed.
    var record = unsafe InterruptHandlerRecord(
      unsafeBitCast(handler, to: InterruptHandler.self), number: Int32(bitPattern: line))
    if let parameter = unsafe parameter {
      record.number = unsafe parameter.pointee.swIrq
      unsafe record.device = parameter.pointee.pDevId
      unsafe record.name = parameter.pointee.pName
    }
    let code = Self.code { () throws(InterruptError) in
      try Platform.interrupts.register(record, for: line, priority: UInt32(priority), sharing)
    }
    return code == Self.code(of: .unsupported) ? OS_ERRNO_HWI_MODE_INVALID : code
  }

  /// `LOS_HwiDelete`: unregisters a handler. A line without handlers is disabled.
  public func hwiDelete(_ line: UInt32, _ parameter: UnsafePointer<HwiIrqParam>?) -> UInt32 {
    Self.code { () throws(InterruptError) in
      try unsafe Platform.interrupts.unregister(line, device: parameter?.pointee.pDevId)
    }
  }

  /// `LOS_HwiEnable`: enables a line, which must have a handler.
  public func hwiEnable(_ line: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in try Platform.interrupts.enable(line) }
  }

  /// `LOS_HwiDisable`: disables a line, which must have a handler.
  public func hwiDisable(_ line: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in try Platform.interrupts.disable(line) }
  }

  /// `LOS_HwiTrigger`: makes a line pending, which must have a handler.
  public func hwiTrigger(_ line: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in try Platform.interrupts.trigger(line) }
  }

  /// `LOS_HwiClear`: clears the pending state of a line, which must have a handler.
  public func hwiClear(_ line: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in try Platform.interrupts.clear(line) }
  }

  /// `LOS_HwiSetPriority`: sets the priority of a line, which must have a handler.
  public func hwiSetPriority(_ line: UInt32, _ priority: UInt16) -> UInt32 {
    Self.code { () throws(InterruptError) in
      try Platform.interrupts.setPriority(UInt32(priority), of: line)
    }
  }

  /// `LOS_HwiSetAffinity`: sets the CPUs that a line may interrupt; it must have a handler.
  public func hwiSetAffinity(_ line: UInt32, _ processors: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in
      try Platform.interrupts.setAffinity(CpuMask(rawValue: processors), of: line)
    }
  }

  /// `LOS_HwiSendIpi`: sends an IPI on a line, which must have a handler.
  public func hwiSendIpi(_ line: UInt32, _ processors: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in
      try Platform.interrupts.sendIPI(line, to: CpuMask(rawValue: processors))
    }
  }

  /// `LOS_GetSystemHwiMaximum`: the number of interrupt lines.
  public var hwiCount: UInt32 { Platform.interrupts.lineCount }

  /// Runs `body` and returns its LiteOS code.
  private static func code(_ body: () throws(InterruptError) -> Void) -> UInt32 {
    do throws(InterruptError) {
      try body()
      return LOS_OK
    } catch {
      return code(of: error)
    }
  }

  @inline(never)
  private static func code(of error: InterruptError) -> UInt32 {
    switch error {
    case .noSuchLine: OS_ERRNO_HWI_NUM_INVALID
    case .badPriority: OS_ERRNO_HWI_PRIO_INVALID
    case .noDevice, .optionsDiffer: OS_ERRNO_HWI_SHARED_ERROR
    case .alreadyRegistered: OS_ERRNO_HWI_ALREADY_CREATED
    case .notRegistered: OS_ERRNO_HWI_HWINUM_UNCREATE
    case .tableFull: OS_ERRNO_HWI_NO_MEMORY
    case .inInterrupt: OS_ERRNO_HWI_INTERR
    case .badTargets: OS_ERRNO_HWI_ARG_INVALID
    case .unsupported: OS_ERRNO_HWI_PROC_FUNC_NULL
    }
  }
}
