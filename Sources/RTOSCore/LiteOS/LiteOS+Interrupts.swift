// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: pointers are the C caller's, for the call; a handler is called with what it was made with.
/// Interrupts under LiteOS' rules: a handler is entered with interrupts masked, unless its mode is
/// `IRQF_NESTABLE`, and may post, write and resume, but not wait.
extension LiteOS {
  private static var modes: UInt32 { IRQF_SHARED | IRQF_NESTABLE }

  /// `LOS_HwiCreate`. The line interrupts from then on.
  public func hwiCreate(
    _ line: UInt32, _ priority: UInt16, _ mode: UInt16, _ handler: HWI_PROC_FUNC?,
    _ parameter: UnsafePointer<HwiIrqParam>?
  ) -> UInt32 {
    guard let handler else { return OS_ERRNO_HWI_PROC_FUNC_NULL }
    guard UInt32(mode) & ~Self.modes == 0 else { return OS_ERRNO_HWI_MODE_INVALID }
    var sharing: InterruptSharing = []
    if UInt32(mode) & IRQF_SHARED != 0 { sharing.insert(.shared) }
    if UInt32(mode) & IRQF_NESTABLE != 0 { sharing.insert(.nests) }
    // What takes no arguments does not look at them: they come in registers.
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

  /// `LOS_HwiDelete`. With its last handler the line interrupts no more.
  public func hwiDelete(_ line: UInt32, _ parameter: UnsafePointer<HwiIrqParam>?) -> UInt32 {
    Self.code { () throws(InterruptError) in
      try unsafe Platform.interrupts.unregister(line, device: parameter?.pointee.pDevId)
    }
  }

  /// `LOS_HwiEnable`, of a line that has a handler, as for the others.
  public func hwiEnable(_ line: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in try Platform.interrupts.enable(line) }
  }

  /// `LOS_HwiDisable`.
  public func hwiDisable(_ line: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in try Platform.interrupts.disable(line) }
  }

  /// `LOS_HwiTrigger`.
  public func hwiTrigger(_ line: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in try Platform.interrupts.trigger(line) }
  }

  /// `LOS_HwiClear`.
  public func hwiClear(_ line: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in try Platform.interrupts.clear(line) }
  }

  /// `LOS_HwiSetPriority`.
  public func hwiSetPriority(_ line: UInt32, _ priority: UInt16) -> UInt32 {
    Self.code { () throws(InterruptError) in
      try Platform.interrupts.setPriority(UInt32(priority), of: line)
    }
  }

  /// `LOS_HwiSetAffinity`.
  public func hwiSetAffinity(_ line: UInt32, _ processors: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in
      try Platform.interrupts.setAffinity(processors, of: line)
    }
  }

  /// `LOS_HwiSendIpi`.
  public func hwiSendIpi(_ line: UInt32, _ processors: UInt32) -> UInt32 {
    Self.code { () throws(InterruptError) in
      try Platform.interrupts.send(line, to: processors)
    }
  }

  /// `LOS_GetSystemHwiMaximum`.
  public var hwiCount: UInt32 { Platform.interrupts.lineCount }

  /// What came of `body`.
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
    case .noDevice, .sharedDifferently: OS_ERRNO_HWI_SHARED_ERROR
    case .alreadyRegistered: OS_ERRNO_HWI_ALREADY_CREATED
    case .notRegistered: OS_ERRNO_HWI_HWINUM_UNCREATE
    case .tableFull: OS_ERRNO_HWI_NO_MEMORY
    case .inInterrupt: OS_ERRNO_HWI_INTERR
    case .badTargets: OS_ERRNO_HWI_ARG_INVALID
    case .unsupported: OS_ERRNO_HWI_PROC_FUNC_NULL
    }
  }
}
