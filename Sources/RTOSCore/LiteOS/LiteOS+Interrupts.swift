import LiteOSTypes

// SAFETY: pointers are the C caller's, for the call; a handler is called with what it was made with.
/// Interrupts under LiteOS' rules: a handler is entered with interrupts masked, and may post, write and
/// resume, but not wait.
extension LiteOS {
  /// `LOS_HwiCreate`. The line interrupts from then on.
  public func hwiCreate(
    _ line: UInt32, _ priority: UInt16, _ mode: UInt16, _ handler: HWI_PROC_FUNC?,
    _ parameter: UnsafePointer<HwiIrqParam>?
  ) -> UInt32 {
    guard let handler else { return OS_ERRNO_HWI_PROC_FUNC_NULL }
    guard line < Platform.lineCount else { return OS_ERRNO_HWI_NUM_INVALID }
    guard priority < 32 else { return OS_ERRNO_HWI_PRIO_INVALID }
    var slot = InterruptSlot()
    slot.isUsed = true
    slot.isShared = UInt32(mode) & IRQF_SHARED != 0
    slot.line = line
    slot.handler = handler
    if let parameter = unsafe parameter {
      slot.hasArguments = true
      slot.number = unsafe parameter.pointee.swIrq
      unsafe slot.device = parameter.pointee.pDevId
    }
    guard unsafe !slot.isShared || slot.device != nil else { return OS_ERRNO_HWI_SHARED_ERROR }
    let code = scheduler.withState { _ in
      if let other = state.handlers.first(for: line) {
        guard slot.isShared, state.handlers[other].isShared else {
          return slot.isShared == state.handlers[other].isShared
            ? OS_ERRNO_HWI_ALREADY_CREATED : OS_ERRNO_HWI_SHARED_ERROR
        }
        guard unsafe state.handlers.place(for: line, device: slot.device) == nil else {
          return OS_ERRNO_HWI_ALREADY_CREATED
        }
      }
      guard let place = state.handlers.firstFree() else { return OS_ERRNO_HWI_NO_MEMORY }
      state.handlers[place] = slot
      return LOS_OK
    }
    if code == LOS_OK { Platform.enable(line: line, priority: UInt32(priority)) }
    return code
  }

  /// `LOS_HwiDelete`. With its last handler the line interrupts no more.
  public func hwiDelete(_ line: UInt32, _ parameter: UnsafePointer<HwiIrqParam>?) -> UInt32 {
    guard line < Platform.lineCount else { return OS_ERRNO_HWI_NUM_INVALID }
    let device = unsafe parameter?.pointee.pDevId
    var isLast = false
    let code = scheduler.withState { _ in
      guard let first = state.handlers.first(for: line) else { return OS_ERRNO_HWI_HWINUM_UNCREATE }
      var place = first
      if state.handlers[first].isShared {
        guard unsafe device != nil else { return OS_ERRNO_HWI_SHARED_ERROR }
        guard let found = unsafe state.handlers.place(for: line, device: device) else {
          return OS_ERRNO_HWI_HWINUM_UNCREATE
        }
        place = found
      }
      state.handlers[place] = InterruptSlot()
      isLast = state.handlers.first(for: line) == nil
      return LOS_OK
    }
    if isLast { Platform.disable(line: line) }
    return code
  }

  /// `LOS_HwiEnable`, of a line that has a handler.
  public func hwiEnable(_ line: UInt32) -> UInt32 {
    withHandled(line) { Platform.enable(line: line, priority: 16) }
  }

  /// `LOS_HwiDisable`, likewise.
  public func hwiDisable(_ line: UInt32) -> UInt32 {
    withHandled(line) { Platform.disable(line: line) }
  }

  /// `LOS_HwiTrigger`, likewise.
  public func hwiTrigger(_ line: UInt32) -> UInt32 {
    withHandled(line) { Platform.trigger(line: line) }
  }

  /// `LOS_GetSystemHwiMaximum`.
  public var hwiCount: UInt32 { Platform.lineCount }

  /// An interrupt of `line` was taken: its handlers are called. In the interrupt.
  public func serve(line: UInt32) {
    var place = state.handlers.first(for: line)
    while let found = place {
      state.handlers[found].count &+= 1  // Wrapping: a statistic.
      let slot = state.handlers[found]
      if slot.hasArguments {
        typealias Handler = @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void
        let handler = unsafe unsafeBitCast(slot.handler, to: Optional<Handler>.self)
        unsafe handler?(slot.number, slot.device)
      } else {
        slot.handler?()
      }
      guard slot.isShared else { return }
      place = state.handlers.first(for: line, from: found + 1)
    }
  }

  private func withHandled(_ line: UInt32, _ body: () -> Void) -> UInt32 {
    guard line < Platform.lineCount else { return OS_ERRNO_HWI_NUM_INVALID }
    let isThere = scheduler.withState { _ in state.handlers.first(for: line) != nil }
    guard isThere else { return OS_ERRNO_HWI_HWINUM_UNCREATE }
    body()
    return LOS_OK
  }
}
