// SPDX-License-Identifier: Apache-2.0
// Interrupts: which handler serves which line.
//
// The registry is a table with one record per interrupt line. It finds a line's handlers when the
// line interrupts, and lets drivers and LiteOS code register, enable and control lines. It knows
// the controller only as `InterruptLineController` and the machine only as `InterruptPlatform`.
//
// The parts, in order: the protocols and errors (`InterruptLineController.swift`), the records
// (`LineRecord.swift`), and the registry (this file). The lock `interrupts` protects every change,
// and masks interrupts. Serving takes no lock: a record is complete before it becomes reachable,
// and a record that was reachable is reused only after every CPU has left its handlers
// (`awaitHandlers`).
//
// A handler may wake, post and write, but must not block. No handler is registered or unregistered
// in an interrupt.

// SAFETY: the memory lives as long as the registry and is changed under the lock. The CPU that
// takes an interrupt finds handlers without the lock: a record is filled before it is reachable,
// and reused only after all CPUs have left their handlers (`InterruptPlatform.awaitHandlers`).
/// The registry of interrupt handlers.
///
/// A line has one handler, or several that share it and are told apart by their device address. All
/// handlers of a shared line are called at each interrupt. The CPUs have the handlers of a banked
/// line in common, but each CPU enables the line for itself. Handlers run with interrupts masked,
/// on the stack of the interrupted code.
///
/// A handler of a *nesting* line can be preempted by lines of higher priority only, where the
/// controller has priorities; its own line does not preempt it. A nested interrupt returns to the
/// handler; a reschedule waits until the outermost handler has ended. Nesting stops at
/// `nestingLimit`, or when the stack is nearly full: the innermost handler then runs masked.
@safe public struct InterruptRegistry<Platform: InterruptPlatform> {
  /// The state that the lock protects.
  public struct State: ~Copyable {
    fileprivate var free: ObjectHandle<InterruptHandlerRecord>?

    /// A state without records for shared and nesting lines (`addRecords`).
    init() {}

    /// The record of a line or of a handler, to change it under the lock. Serving CPUs may read it
    /// meanwhile, so it is changed in the order that makes it reachable last.
    fileprivate subscript<Record>(_ record: ObjectHandle<Record>) -> Record {
      // SAFETY: records are initialised and live as long as the registry; the lock excludes others
      // that change them.
      @inline(__always) mutating unsafeAddress { unsafe UnsafePointer(record.object) }
      // SAFETY: records are initialised and live as long as the registry; the lock excludes others
      // that change them.
      @inline(__always) unsafeMutableAddress { unsafe record.object }
    }
  }

  /// The maximum depth of nested interrupts on a CPU.
  public static var nestingLimit: UInt32 { 4 }

  private let lines: UnsafeMutablePointer<LineRecord>
  private let capacity: UInt32
  private let state: UnsafePointer<Guarded<Platform.CPU, State>>

  /// What the registry has in memory besides its lines.
  private typealias Lock = Guarded<Platform.CPU, State>

  /// The size in bytes of a registry's memory.
  public static func size(lineCount: UInt32) -> Int {
    MemoryLayout<LineRecord>.stride * Int(lineCount) + MemoryLayout<Lock>.stride
      + MemoryLayout<State>.stride
  }

  /// A registry with one record per line of the controller, in the `size(lineCount:)` bytes at
  /// `memory`, aligned to 8, which are never freed.
  public init(in memory: UnsafeMutableRawPointer, lineCount: UInt32) {
    capacity = lineCount
    let count = Int(lineCount)
    unsafe lines = memory.initializeMemory(
      as: LineRecord.self, repeating: LineRecord(), count: count)
    let rest = unsafe memory + MemoryLayout<LineRecord>.stride * count
    let lock = unsafe rest.bindMemory(to: Lock.self, capacity: 1)
    let place = unsafe (rest + MemoryLayout<Lock>.stride).bindMemory(to: State.self, capacity: 1)
    unsafe lock.initialize(to: Lock(State(), level: .interrupts, in: place))
    unsafe state = UnsafePointer(lock)
  }

  /// The number of lines.
  public var lineCount: UInt32 { capacity }

  /// The CPU that holds the registry's lock at the moment; nil when it is free.
  public var lockHolder: UInt32? { unsafe state.pointee.holderNumber }

  /// Gives the registry records for the handlers of shared and nesting lines. They are never freed.
  /// A kernel without such lines has none.
  public func addRecords(_ records: UnsafeMutableBufferPointer<InterruptHandlerRecord>) {
    change { (state: inout State) in
      for index in records.indices {
        // SAFETY: the caller's records are initialised and live as long as the registry.
        let slot = unsafe ObjectHandle(at: records.baseAddress.unsafelyUnwrapped + index)
        state[slot].next = state.free
        state.free = slot
      }
    }
  }

  /// Reserves a line for the kernel itself: `serve` returns `number` then, and its caller serves
  /// the line. The caller enables it, on each CPU if it is banked; `register`, `unregister` and the
  /// operations on a line refuse it from now on. A line that does not exist is ignored. `name` is
  /// for /proc/interrupts. Called at boot, before the line's first interrupt.
  public func reserve(_ line: UInt32, as number: Int32, name: StaticString) {
    guard let record = find(line) else { return }
    change { (state: inout State) in
      state[record].plain.number = number
      // SAFETY: a literal ends with a NUL and is never freed.
      unsafe state[record].plain.name =
        UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
      state[record].isReserved = true
    }
  }

  /// Registers a handler. The first handler of a line also sets its priority, where the controller
  /// has priorities, and enables it; a banked line is enabled on the calling CPU.
  ///
  /// - Throws: `noSuchLine`, `badPriority`, `noDevice`, `alreadyRegistered`, `optionsDiffer`,
  ///   `tableFull`, `inInterrupt`; `unsupported` for nesting on a controller without priorities.
  public func register(
    _ handler: InterruptHandlerRecord, for line: UInt32, priority: UInt32,
    _ sharing: InterruptOptions = []
  ) throws(InterruptError) {
    guard let record = find(line) else { throw .noSuchLine }
    guard priority < 32 else { throw .badPriority }
    guard unsafe !sharing.contains(.shared) || handler.device != nil else { throw .noDevice }
    guard !sharing.contains(.nesting) || Platform.Controller.hasPriorities else {
      throw .unsupported
    }
    guard Platform.interruptDepth == 0 else { throw .inInterrupt }
    try change { (state: inout State) throws(InterruptError) in
      let isFirst = !state[record].isRegistered
      guard !state[record].isReserved else { throw .alreadyRegistered }
      if !isFirst { try state.checkSharing(handler, record, sharing) }
      if sharing == [] {
        state[record].plain.number = handler.number
        unsafe state[record].plain.device = handler.device
        unsafe state[record].plain.name = handler.name
        Platform.CPU.memoryBarrier()
        unsafe state[record].plain.handler = handler.handler
      } else {
        guard let slot = state.free else { throw .tableFull }
        state.free = state[slot].next
        state[slot] = handler
        state[slot].next = state[record].chain
        state[record].sharing = sharing
        Platform.CPU.memoryBarrier()
        state[record].chain = slot
      }
      guard isFirst else { return }
      state[record].isReported = false
      try? Platform.controller.setPriority(priority, of: line)
      Platform.controller.enable(line: line, on: Platform.CPU.number)
    }
  }

  /// Unregisters a line's handler; of a shared line, the one for `device`. When it returns, the
  /// handler runs on no CPU. After its last handler the line is disabled and no longer pending. Not
  /// to be called with interrupts masked.
  ///
  /// - Throws: `noSuchLine`, `noDevice`, `notRegistered`, `inInterrupt`.
  public func unregister(
    _ line: UInt32, device: UnsafeMutableRawPointer? = nil
  ) throws(InterruptError) {
    guard let record = find(line) else { throw .noSuchLine }
    guard Platform.interruptDepth == 0 else { throw .inInterrupt }
    let slot = try change { (state: inout State) throws(InterruptError) in
      guard state[record].isChangeable else { throw .notRegistered }
      let slot = try unsafe state.unlink(record, device)
      if !state[record].isRegistered {
        Platform.controller.disable(line: line, on: Platform.CPU.number)
        try? Platform.controller.clear(line: line, on: Platform.CPU.number)
      }
      return slot
    }
    Platform.awaitHandlers()
    guard let slot else { return }
    change { (state: inout State) in
      unsafe state[slot].handler = nil
      state[slot].next = state.free
      state.free = slot
    }
  }

  /// Runs a controller operation on a line that has a handler, under the lock, with interrupts
  /// masked.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`; the errors of `body`.
  @inline(never)
  public func control(
    _ line: UInt32, _ body: (Platform.Controller) throws(InterruptError) -> Void
  ) throws(InterruptError) {
    guard let record = find(line) else { throw .noSuchLine }
    try change { (state: inout State) throws(InterruptError) in
      guard state[record].isChangeable else { throw .notRegistered }
      try body(Platform.controller)
    }
  }

  /// Enables a line that has a handler; of a banked line, the calling CPU's copy.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`.
  public func enable(_ line: UInt32) throws(InterruptError) {
    try control(line) { $0.enable(line: line, on: Platform.CPU.number) }
  }

  /// Disables a line that has a handler until `enable`. An interrupt meanwhile stays pending. Of a
  /// banked line it disables the calling CPU's copy.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`.
  public func disable(_ line: UInt32) throws(InterruptError) {
    try control(line) { $0.disable(line: line, on: Platform.CPU.number) }
  }

  /// Makes a line interrupt, as its device would; a banked line interrupts the calling CPU.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`, `unsupported`.
  public func trigger(_ line: UInt32) throws(InterruptError) {
    try control(line) { (controller) throws(InterruptError) in
      try controller.trigger(line: line, on: Platform.CPU.number)
    }
  }

  /// Clears the line's pending state.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`, `unsupported`.
  public func clear(_ line: UInt32) throws(InterruptError) {
    try control(line) { (controller) throws(InterruptError) in
      try controller.clear(line: line, on: Platform.CPU.number)
    }
  }

  /// Sets the line's priority: 0, the highest, to 31.
  ///
  /// - Throws: `noSuchLine`, `badPriority`, `notRegistered`, `unsupported`.
  public func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError) {
    guard line >= capacity || priority < 32 else { throw .badPriority }
    try control(line) { (controller) throws(InterruptError) in
      try controller.setPriority(priority, of: line)
    }
  }

  /// Sets the CPUs that a shared peripheral's line may interrupt. Each interrupt goes to one of
  /// them.
  ///
  /// - Throws: `noSuchLine`, `badTargets`, `notRegistered`; `unsupported`, also for a banked line.
  public func setAffinity(_ processors: CpuMask, of line: UInt32) throws(InterruptError) {
    let targets = Platform.targets(of: processors)
    try control(line) { (controller) throws(InterruptError) in
      guard let targets else { throw .badTargets }
      guard !controller.isBanked(line: line) else { throw .unsupported }
      try controller.setTargets(targets, of: line)
    }
  }

  /// Sets whether the line is level-sensitive or edge-triggered.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`, `unsupported`.
  public func setTrigger(_ trigger: InterruptTrigger, of line: UInt32) throws(InterruptError) {
    try control(line) { (controller) throws(InterruptError) in
      try controller.setTrigger(trigger, of: line)
    }
  }

  /// Sends an IPI to the CPUs in a mask, with a line that the controller provides for that.
  ///
  /// - Throws: `noSuchLine`, `badTargets`, `notRegistered`, `unsupported`.
  public func sendIPI(_ line: UInt32, to processors: CpuMask) throws(InterruptError) {
    let targets = Platform.targets(of: processors)
    try control(line) { (controller) throws(InterruptError) in
      guard let targets else { throw .badTargets }
      try controller.sendIPI(line: line, to: targets)
    }
  }

  /// Counts an interrupt of a line, and calls the line's handlers. Called in the interrupt; the
  /// caller serves a line of the kernel, and ends the interrupt at the controller.
  @inline(__always)
  public func serve(_ line: UInt32) -> InterruptService {
    guard let record = find(line) else { return .unhandled }
    let number = record.served.plain.number
    var service = InterruptService.done
    if let handler = unsafe record.served.plain.handler {
      unsafe handler(number, record.served.plain.device)
    } else if record.served.isReserved {
      service = .kernel(number)
    } else {
      guard serveChain(record) else { return .unhandled }
    }
    let cpu = Int(truncatingIfNeeded: Platform.CPU.number)
    unsafe record.served.counts[unchecked: cpu] &+= 1  // Wrapping: a statistic.
    return service
  }

  /// Disables a line that interrupted without a handler. If a handler was registered meanwhile, the
  /// line stays enabled. True if the line is to be reported: it was disabled, and for the first
  /// time since it had a handler, because some controllers deliver lines although they are
  /// disabled.
  @inline(never)
  public func disableUnhandled(_ line: UInt32) -> Bool {
    guard let record = find(line) else { return false }
    return change { (state: inout State) in
      guard !state[record].isRegistered else { return false }
      Platform.controller.disable(line: line, on: Platform.CPU.number)
      defer { state[record].isReported = true }
      return !state[record].isReported
    }
  }

  /// How many times a CPU served a line; 0 for a line that does not exist. The count wraps.
  public func count(of line: UInt32, on processor: Int) -> UInt32 {
    find(line)?.served.counts[processor] ?? 0
  }

  /// True if a line has a handler.
  public func isRegistered(_ line: UInt32) -> Bool {
    find(line)?.served.isRegistered ?? false
  }

  /// Writes the names of a line's handlers, the last registered first; `-` for one without a name.
  public func writeNames(of line: UInt32, to sink: inout some TextSink) {
    guard let record = find(line) else { return }
    // While interrupts are masked here, `awaitHandlers` does not return, so no record is reused.
    let interrupts = Platform.CPU.maskInterrupts()
    defer { Platform.CPU.restoreInterrupts(interrupts) }
    if unsafe record.served.plain.handler != nil || record.served.isReserved {
      return unsafe write(record.served.plain.name, to: &sink)
    }
    var next = record.served.chain
    var isFirst = true
    while let entry = next {
      if !isFirst { sink.text(", ") }
      isFirst = false
      unsafe write(entry.served.name, to: &sink)
      next = entry.served.next
    }
  }

  private func write(_ name: UnsafePointer<CChar>?, to sink: inout some TextSink) {
    guard let name = unsafe name else { return sink.text("-") }
    var length = 0
    while length < 32, unsafe name[length] != 0 {
      unsafe sink.put(UInt8(bitPattern: name[length]))
      length += 1
    }
  }

  /// Calls the handlers of a shared or nesting line; false if it has none.
  @inline(never)
  private func serveChain(_ record: ObjectHandle<LineRecord>) -> Bool {
    guard let first = record.served.chain else { return false }
    let nests =
      record.served.sharing.contains(.nesting)
      && Platform.interruptDepth < Self.nestingLimit && Platform.hasStackRoom
    if nests { Platform.enableInterrupts() }
    var next: ObjectHandle<InterruptHandlerRecord>? = first
    while let entry = next {
      let handler = entry.served
      next = handler.next
      unsafe handler.handler?(handler.number, handler.device)
    }
    if nests { _ = Platform.CPU.maskInterrupts() }
    return true
  }

  /// The record of a line; nil if there is no such line.
  @inline(__always)
  private func find(_ line: UInt32) -> ObjectHandle<LineRecord>? {
    guard line < capacity else { return nil }
    return unsafe ObjectHandle(at: lines + Int(truncatingIfNeeded: line))
  }

  private func change<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe state.pointee.withColdLock(body)
  }
}

// SAFETY: the device addresses of handlers are only compared.
extension InterruptRegistry.State {
  /// Checks that a further handler may be registered for a line that has one.
  fileprivate mutating func checkSharing(
    _ handler: InterruptHandlerRecord, _ record: ObjectHandle<LineRecord>,
    _ sharing: InterruptOptions
  ) throws(InterruptError) {
    guard unsafe self[record].plain.handler == nil else {
      throw sharing.contains(.shared) ? .optionsDiffer : .alreadyRegistered
    }
    let others = self[record].sharing
    guard others.contains(.shared) == sharing.contains(.shared) else { throw .optionsDiffer }
    guard sharing.contains(.shared) else { throw .alreadyRegistered }
    guard others == sharing else { throw .optionsDiffer }
    var next = self[record].chain
    while let entry = next {
      guard unsafe self[entry].device != handler.device else { throw .alreadyRegistered }
      next = self[entry].next
    }
  }

  /// Unlinks a handler from its line. Returns its record, or nil if the handler was in the line's
  /// own record.
  fileprivate mutating func unlink(
    _ record: ObjectHandle<LineRecord>, _ device: UnsafeMutableRawPointer?
  ) throws(InterruptError) -> ObjectHandle<InterruptHandlerRecord>? {
    guard let first = self[record].chain else {
      unsafe self[record].plain.handler = nil
      return nil
    }
    guard self[record].sharing.contains(.shared) else {
      self[record].chain = nil
      return first
    }
    guard let device = unsafe device else { throw .noDevice }
    if unsafe self[first].device == device {
      self[record].chain = self[first].next
      return first
    }
    var before = first
    while let entry = self[before].next {
      if unsafe self[entry].device == device {
        self[before].next = self[entry].next
        return entry
      }
      before = entry
    }
    throw .notRegistered
  }
}

extension ObjectHandle {
  /// The record of a line or of a handler, for code that serves interrupts and does not have the
  /// lock. It may be changed meanwhile (`InterruptRegistry.State`).
  fileprivate var served: Object {
    // SAFETY: records live as long as the registry, and are changed in the order that makes them
    // reachable last.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(object) }
    // SAFETY: records live as long as the registry, and only the CPU that serves a line counts.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe object }
  }
}
