// SPDX-License-Identifier: Apache-2.0
// SAFETY: the memory lives as long as the registry. It is changed under the lock; handlers are found
// without it, by the CPU that took the interrupt: a record is filled before it is reached, and what
// was reached is used for something else only when all CPUs have left their handlers
// (`InterruptPlatform.awaitHandlers`).
/// Who serves which interrupt line.
///
/// A line has one handler, or several that share it and are told apart by their device; each of these
/// is called whenever the line interrupts. Private lines have their handlers in common and are
/// enabled by each CPU for itself. Handlers run with interrupts masked, on the stack of what was
/// interrupted.
///
/// The handlers of a line that *nests* are interrupted by more urgent lines, by no others, and not by
/// their own, where the controller has priorities; a return from such an interrupt goes back to the
/// handler, and other tasks come only behind the outermost one. At most `nestingLimit` are served one
/// within the other: the innermost runs masked, as does one on whose stack there is no more room.
@safe public struct InterruptRegistry<Platform: InterruptPlatform> {
  /// What the lock guards.
  @safe public struct State: ~Copyable {
    fileprivate var free: UnsafeMutablePointer<InterruptHandlerRecord>?

    /// All of `places` are free, for the handlers of lines that are shared or nest.
    public init(_ places: UnsafeMutableBufferPointer<InterruptHandlerRecord>) {
      for index in places.indices {
        let place = unsafe places.baseAddress.unsafelyUnwrapped + index
        unsafe place.pointee.next = free
        unsafe free = place
      }
    }
  }

  /// The most interrupts that a CPU serves one within the other.
  public static var nestingLimit: UInt32 { 4 }

  private let lines: UnsafeMutablePointer<LineRecord>
  private let capacity: UInt32
  private let state: UnsafePointer<Guarded<Platform.CPU, State>>

  /// A registry with a record for each of the controller's lines, and its guarded state at `state`, for
  /// ever.
  public init(
    _ lines: UnsafeMutableBufferPointer<LineRecord>,
    state: UnsafePointer<Guarded<Platform.CPU, State>>
  ) {
    guard let start = lines.baseAddress else { preconditionFailure("lines without memory") }
    unsafe self.lines = start
    capacity = UInt32(lines.count)
    unsafe self.state = state
  }

  /// How many lines there are.
  public var lineCount: UInt32 { capacity }

  /// Keeps a line for the kernel: nobody registers for it. At boot.
  public func reserve(_ line: UInt32) {
    guard line < capacity else { return }
    unsafe lines[Int(line)].isReserved = true
  }

  /// Adds a handler. With its first one a line gets its priority, where the controller has priorities,
  /// and is enabled: a private one on the calling CPU.
  ///
  /// - Throws: `noSuchLine`, `badPriority`, `noDevice`, `alreadyRegistered`, `sharedDifferently`,
  ///   `tableFull`, `inInterrupt`; `unsupported` for a line that is to nest without priorities.
  public func register(
    _ handler: InterruptHandlerRecord, for line: UInt32, priority: UInt32,
    _ sharing: InterruptSharing = []
  ) throws(InterruptError) {
    guard line < capacity else { throw .noSuchLine }
    guard priority < 32 else { throw .badPriority }
    guard unsafe !sharing.contains(.shared) || handler.device != nil else { throw .noDevice }
    guard !sharing.contains(.nests) || Platform.Controller.hasPriorities else { throw .unsupported }
    guard Platform.interruptDepth == 0 else { throw .inInterrupt }
    try change { (state: inout State) throws(InterruptError) in
      let record = unsafe lines + Int(line)
      let isFirst = unsafe !record.pointee.isRegistered
      guard unsafe !record.pointee.isReserved else { throw .alreadyRegistered }
      if !isFirst { try unsafe checkSharing(handler, record, sharing) }
      if sharing == [] {
        unsafe record.pointee.plain.number = handler.number
        unsafe record.pointee.plain.device = handler.device
        unsafe record.pointee.plain.name = handler.name
        Platform.CPU.memoryBarrier()
        unsafe record.pointee.plain.handler = handler.handler
      } else {
        guard let place = unsafe state.free else { throw .tableFull }
        unsafe state.free = place.pointee.next
        unsafe place.pointee = handler
        unsafe place.pointee.next = record.pointee.chain
        unsafe record.pointee.sharing = sharing
        Platform.CPU.memoryBarrier()
        unsafe record.pointee.chain = place
      }
      guard isFirst else { return }
      try? Platform.controller.setPriority(priority, of: line)
      Platform.controller.enable(line: line, on: Platform.CPU.number)
    }
  }

  /// Takes a handler away, of a shared line the one for `device`; afterwards it runs on no CPU. With its
  /// last one the line is disabled, and forgotten if it is pending. Not with interrupts masked.
  ///
  /// - Throws: `noSuchLine`, `noDevice`, `notRegistered`, `inInterrupt`.
  public func unregister(
    _ line: UInt32, device: UnsafeMutableRawPointer? = nil
  ) throws(InterruptError) {
    guard line < capacity else { throw .noSuchLine }
    guard Platform.interruptDepth == 0 else { throw .inInterrupt }
    let record = unsafe lines + Int(line)
    let place = try unsafe change { (state: inout State) throws(InterruptError) in
      guard unsafe record.pointee.isRegistered else { throw .notRegistered }
      let place = try unsafe unlink(record, device)
      if unsafe !record.pointee.isRegistered {
        Platform.controller.disable(line: line, on: Platform.CPU.number)
        try? Platform.controller.clear(line: line, on: Platform.CPU.number)
      }
      return unsafe place
    }
    Platform.awaitHandlers()
    guard let place = unsafe place else { return }
    change { (state: inout State) in
      unsafe place.pointee.handler = nil
      unsafe place.pointee.next = state.free
      unsafe state.free = place
    }
  }

  /// Does something to a line that has a handler, with the controller, interrupts masked.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`; what `body` throws.
  @inline(never)
  public func control(
    _ line: UInt32, _ body: (Platform.Controller) throws(InterruptError) -> Void
  ) throws(InterruptError) {
    guard line < capacity else { throw .noSuchLine }
    try change { (_: inout State) throws(InterruptError) in
      guard unsafe lines[Int(line)].isRegistered else { throw .notRegistered }
      try body(Platform.controller)
    }
  }

  /// Lets a line interrupt; a private one the calling CPU.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`.
  public func enable(_ line: UInt32) throws(InterruptError) {
    try control(line) { $0.enable(line: line, on: Platform.CPU.number) }
  }

  /// It interrupts no more, until `enable`; what comes meanwhile is pending.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`.
  public func disable(_ line: UInt32) throws(InterruptError) {
    try control(line) { $0.disable(line: line, on: Platform.CPU.number) }
  }

  /// Makes it interrupt now, as its device does; a private one the calling CPU.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`, `unsupported`.
  public func trigger(_ line: UInt32) throws(InterruptError) {
    try control(line) { (controller) throws(InterruptError) in
      try controller.trigger(line: line, on: Platform.CPU.number)
    }
  }

  /// Forgets that it is pending.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`, `unsupported`.
  public func clear(_ line: UInt32) throws(InterruptError) {
    try control(line) { (controller) throws(InterruptError) in
      try controller.clear(line: line, on: Platform.CPU.number)
    }
  }

  /// How urgent it is from now on.
  ///
  /// - Throws: `noSuchLine`, `badPriority`, `notRegistered`, `unsupported`.
  public func setPriority(_ priority: UInt32, of line: UInt32) throws(InterruptError) {
    guard line >= capacity || priority < 32 else { throw .badPriority }
    try control(line) { (controller) throws(InterruptError) in
      try controller.setPriority(priority, of: line)
    }
  }

  /// Which CPUs a shared peripheral's line interrupts from now on, one of them each time.
  ///
  /// - Throws: `noSuchLine`, `badTargets`, `notRegistered`; `unsupported` for a private line too.
  public func setAffinity(_ processors: UInt32, of line: UInt32) throws(InterruptError) {
    let targets = Platform.targets(of: processors)
    try control(line) { (controller) throws(InterruptError) in
      guard let targets else { throw .badTargets }
      guard !controller.isPrivate(line: line) else { throw .unsupported }
      try controller.setTargets(targets, of: line)
    }
  }

  /// How its device tells.
  ///
  /// - Throws: `noSuchLine`, `notRegistered`, `unsupported`.
  public func setTrigger(_ trigger: InterruptTrigger, of line: UInt32) throws(InterruptError) {
    try control(line) { (controller) throws(InterruptError) in
      try controller.setTrigger(trigger, of: line)
    }
  }

  /// Interrupts CPUs by a line that is made for it.
  ///
  /// - Throws: `noSuchLine`, `badTargets`, `notRegistered`, `unsupported`.
  public func send(_ line: UInt32, to processors: UInt32) throws(InterruptError) {
    let targets = Platform.targets(of: processors)
    try control(line) { (controller) throws(InterruptError) in
      guard let targets else { throw .badTargets }
      try controller.send(line: line, to: targets)
    }
  }

  /// A line was taken: its handlers are called. False if it has none. In the interrupt, whose end is
  /// the caller's.
  @inline(__always)
  public func serve(_ line: UInt32) -> Bool {
    guard line < capacity else { return false }
    let record = unsafe lines + Int(truncatingIfNeeded: line)
    if let handler = unsafe record.pointee.plain.handler {
      unsafe handler(record.pointee.plain.number, record.pointee.plain.device)
    } else {
      guard unsafe serveChain(record) else { return false }
    }
    let cpu = Int(truncatingIfNeeded: Platform.CPU.number)
    unsafe record.pointee.counts[unchecked: cpu] &+= 1  // Wrapping: a statistic.
    return true
  }

  /// Nobody served a line that was taken: it is switched off, unless it has a handler by now; then false.
  @inline(never)
  public func silence(_ line: UInt32) -> Bool {
    change { (_: inout State) in
      guard unsafe line >= capacity || !lines[Int(line)].isRegistered else { return false }
      Platform.controller.disable(line: line, on: Platform.CPU.number)
      return true
    }
  }

  /// How often a line below `lineCount` was served on a CPU. Wraps.
  public func count(of line: UInt32, on processor: Int) -> UInt32 {
    unsafe lines[Int(line)].counts[processor]
  }

  /// True for a line below `lineCount` that has a handler.
  public func isRegistered(_ line: UInt32) -> Bool { unsafe lines[Int(line)].isRegistered }

  /// Writes the names of a line's handlers, `-` for one without a name, the last registered first.
  public func writeNames(of line: UInt32, to sink: inout some TextSink) {
    // Masked, and handlers go only when no CPU can still be here.
    let interrupts = Platform.CPU.maskInterrupts()
    defer { Platform.CPU.restoreInterrupts(interrupts) }
    let record = unsafe lines + Int(line)
    if unsafe record.pointee.plain.handler != nil {
      return unsafe write(record.pointee.plain.name, to: &sink)
    }
    var next = unsafe record.pointee.chain
    var isFirst = true
    while let place = unsafe next {
      if !isFirst { sink.text(", ") }
      isFirst = false
      unsafe write(place.pointee.name, to: &sink)
      unsafe next = place.pointee.next
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

  /// The handlers of a line that is shared or nests; false if it has none.
  @inline(never)
  private func serveChain(_ record: UnsafeMutablePointer<LineRecord>) -> Bool {
    guard let first = unsafe record.pointee.chain else { return false }
    let nests =
      unsafe record.pointee.sharing.contains(.nests)
      && Platform.interruptDepth < Self.nestingLimit && Platform.hasStackRoom
    if nests { Platform.enableInterrupts() }
    var next: UnsafeMutablePointer<InterruptHandlerRecord>? = unsafe first
    while let place = unsafe next {
      unsafe next = place.pointee.next
      unsafe place.pointee.handler?(place.pointee.number, place.pointee.device)
    }
    if nests { _ = Platform.CPU.maskInterrupts() }
    return true
  }

  /// Whether another handler may come to a line that has one.
  private func checkSharing(
    _ handler: InterruptHandlerRecord, _ record: UnsafeMutablePointer<LineRecord>,
    _ sharing: InterruptSharing
  ) throws(InterruptError) {
    guard unsafe record.pointee.plain.handler == nil else {
      throw sharing.contains(.shared) ? .sharedDifferently : .alreadyRegistered
    }
    let others = unsafe record.pointee.sharing
    guard others.contains(.shared) == sharing.contains(.shared) else { throw .sharedDifferently }
    guard sharing.contains(.shared) else { throw .alreadyRegistered }
    guard others == sharing else { throw .sharedDifferently }
    var next = unsafe record.pointee.chain
    while let place = unsafe next {
      guard unsafe place.pointee.device != handler.device else { throw .alreadyRegistered }
      unsafe next = place.pointee.next
    }
  }

  /// Takes a handler out of its line. Its place, if it has one of its own.
  private func unlink(
    _ record: UnsafeMutablePointer<LineRecord>, _ device: UnsafeMutableRawPointer?
  ) throws(InterruptError) -> UnsafeMutablePointer<InterruptHandlerRecord>? {
    guard let first = unsafe record.pointee.chain else {
      unsafe record.pointee.plain.handler = nil
      return nil
    }
    guard unsafe record.pointee.sharing.contains(.shared) else {
      unsafe record.pointee.chain = nil
      return unsafe first
    }
    guard let device = unsafe device else { throw .noDevice }
    if unsafe first.pointee.device == device {
      unsafe record.pointee.chain = first.pointee.next
      return unsafe first
    }
    var before = unsafe first
    while let place = unsafe before.pointee.next {
      if unsafe place.pointee.device == device {
        unsafe before.pointee.next = place.pointee.next
        return unsafe place
      }
      unsafe before = place
    }
    throw .notRegistered
  }

  private func change<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe state.pointee.withColdLock(body)
  }
}
