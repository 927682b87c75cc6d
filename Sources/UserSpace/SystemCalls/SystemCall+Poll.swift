// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// poll, ppoll, select and pselect6. If no file is ready at the first look, a second one makes the
/// thread a waiter for each of them.
extension SystemCall {
  /// poll: the entries, their number, a timeout in milliseconds.
  @inline(__always)
  func poll() throws(Errno) -> Word {
    let milliseconds = Int32(bitPattern: argument(2))
    let end: UInt64 =
      milliseconds < 0
      ? .max : milliseconds == 0 ? 0 : deadline(after: UInt64(milliseconds) * 1_000_000)
    let ready = try awaitReady(until: end, isSelect: false)
    guard ready == 0, !Self.hasPassed(end) else { return ready }
    throw interruption(of: end)
  }

  /// ppoll and ppoll_time64: the entries, their number, a timeout, the signal mask during the call
  /// and its size.
  @inline(__always)
  func pollWithMask() throws(Errno) -> Word {
    let timeout = try PollTimeout(address: address(2), form: isTime64 ? .wide : .narrow).loaded(
      by: self)
    let mask = address(3) == 0 ? nil : try loadMask(address(3), size: word(4))
    try wait(timeout, mask, isSelect: false)
    var none = PollWaiters<P>()
    return try pollEntries(&none)
  }

  /// Whether monotonic time has reached `end`; 0 has passed at once.
  @inline(__always)
  private static func hasPassed(_ end: UInt64) -> Bool {
    end == 0 || P.monotonicNanoseconds() >= end
  }

  /// The events of a descriptor; POLLNVAL if it is not open. If `waiters` are registered, one of
  /// them is for those `wanted`. A preemption point at the end, because the look at a terminal or an
  /// epoll instance is long.
  ///
  /// - Throws: `outOfMemory`; `interrupted` if the thread is dying.
  @inline(never)
  private func events(
    of descriptor: UInt32, _ wanted: FileEvents, _ waiters: inout PollWaiters<P>
  ) throws(Errno) -> FileEvents {
    var events = FileEvents.notOpen
    if let number = files.number(of: descriptor) {
      let file = FileReference(P.openFiles, number)
      if waiters.isRegistering, let queue = Files<P>.waiters(of: file) {
        try waiters.add(number, wanted.union(.unasked), in: queue)
      }
      events = Files<P>.events(of: file)
    }
    if P.mustEnd() { throw .interrupted }
    return events
  }

  /// The events of a pipe's end, of which programs poll many; nil for what `events` has to look at.
  /// The descriptor is below the limit.
  @inline(__always)
  private static func eventsOfPipe(
    _ descriptor: UInt32, in files: FileTable<P>, _ table: RecordTable<OpenFile>
  ) -> FileEvents? {
    let index = files[inLoop: descriptor].fileIndex
    guard index < UInt(OpenFiles.firstCount) else { return nil }
    let file = table.reference(Int(bitPattern: index))
    guard case .pipe(let pipe) = file.file.object else { return nil }
    return Pipes<P>.events(of: file, pipe)
  }

  /// Entries that are loaded and stored together. A pipe takes up to 60 instructions, and any other
  /// file has a preemption point.
  private static var pieceCount: UInt32 { 32 }

  /// Stores for each entry which of its events are ready, POLLNVAL for a descriptor that is not
  /// open. Returns the number of entries with events.
  ///
  /// - Throws: `invalid`, `badAddress`, `outOfMemory`.
  @inline(never)
  private func pollEntries(_ waiters: inout PollWaiters<P>) throws(Errno) -> Word {
    guard argument(1) <= UInt32(descriptorLimit) else { throw .invalid }
    var ready: Word = 0
    var rest = argument(1)
    var address = address(0)
    var words = InlineArray<64, UInt32>(repeating: 0)
    let (files, table) = (files, P.openFiles.table)
    while rest > 0 {
      if P.mustEnd() { throw .interrupted }
      let count = min(rest, Self.pieceCount)
      let end = Int(count) * 2
      try load(end, of: &words, from: address)
      var index = 0
      while index < end {
        var entry = PollRecord([words[index], words[index + 1]])
        let wanted = FileEvents(rawValue: entry.wanted).union(.unasked)
        var events: FileEvents = []
        // A negative number is above the end, too.
        if entry.number < waiters.plainEnd,
          let ofPipe = Self.eventsOfPipe(entry.number, in: files, table)
        {
          events = ofPipe
        } else if !entry.isIgnored {
          events = try self.events(of: entry.number, wanted, &waiters)
        }
        events.formIntersection(wanted)
        entry.answer(events.rawValue)
        if !events.isEmpty { ready += 1 }
        words[index + 1] = entry.words[1]
        index += 2
      }
      try store(words, first: end, at: address)
      rest -= count
      address = address &+ Word(count) * PollRecord.size
    }
    return ready
  }

  /// select, pselect6 and pselect6_time64: the number of descriptors, three sets, a timeout;
  /// pselect6 also has the address of a signal mask and its size. The timeout of select is a
  /// timeval.
  @inline(never)
  func select(isOld: Bool) throws(Errno) -> Word {
    let form: PollTimeout.Form = isTime64 ? .wide : isOld ? .timeval : .narrow
    var words = InlineArray<2, P.ABI.Long>(repeating: 0)
    if form != .timeval, address(5) != 0 { words = try load(address(5)) }
    let set = VectorRecord(words)
    let timeout = try PollTimeout(address: address(4), form: form).loaded(by: self)
    let mask = set.address == 0 ? nil : try loadMask(set.address, size: set.count)
    guard Int32(bitPattern: argument(0)) >= 0 else { throw .invalid }
    try wait(timeout, mask, isSelect: true)
    var none = PollWaiters<P>()
    return try answerSets(&none, stores: true)
  }

  /// The events for which select reports a descriptor in each of its sets (fs/select.c).
  private static func events(ofSet set: Int) -> FileEvents {
    set == 0
      ? [.readable, .hangUp, .error]
      : set == 1 ? [.writable, .error] : FileEvents(rawValue: 2)  // POLLPRI
  }

  /// Counts the ready descriptors of the three sets, or stores the sets' answers: those ready for
  /// reading, those ready for writing, and none with exceptional conditions. As in Linux,
  /// descriptors above the size of the table are ignored.
  ///
  /// - Throws: `badAddress`, `outOfMemory`; `badDescriptor` for one that is not open.
  @inline(never)
  private func answerSets(
    _ waiters: inout PollWaiters<P>, stores: Bool
  ) throws(Errno) -> Word {
    let count = min(argument(0), UInt32(files.capacity))
    let sets: InlineArray<3, UserAddress> = [address(1), address(2), address(3)]
    var ready: Word = 0
    for set in 0..<3 where sets[set] != 0 {
      for word in 0..<(count + 31) / 32 {
        if word & 15 == 15, P.mustEnd() { throw .interrupted }
        let address = sets[set] &+ Word(word) * 4
        let words: InlineArray<1, UInt32> = try load(address)
        let left = count - word * 32
        var answer = left < 32 ? words[0] & ((1 << left) - 1) : words[0]
        var rest = answer
        while rest != 0 {
          let wanted = Self.events(ofSet: set)
          let events = try events(
            of: word * 32 + UInt32(rest.trailingZeroBitCount), wanted, &waiters)
          // One that was closed meanwhile is not ready.
          guard events != .notOpen || stores else { throw .badDescriptor }
          let others = rest & (rest - 1)
          if events.isDisjoint(with: wanted) { answer ^= rest ^ others }
          rest = others
        }
        ready += Word(answer.nonzeroBitCount)
        if stores { try store([answer] as InlineArray<1, UInt32>, at: address) }
      }
    }
    return ready
  }

  /// Blocks until a descriptor is ready, monotonic time reaches `end`, or the thread is
  /// interrupted. Returns the number of ready descriptors.
  @inline(never)
  private func awaitReady(until end: UInt64, isSelect: Bool) throws(Errno) -> Word {
    var waiters = PollWaiters<P>()
    defer { waiters.removeAll() }
    while true {
      let ready = try isSelect ? answerSets(&waiters, stores: false) : pollEntries(&waiters)
      guard ready == 0, !P.thread.pointee.isInterrupted, !Self.hasPassed(end) else { return ready }
      if waiters.register() { continue }
      P.wait(until: end)
      waiters.rearm()
    }
  }

  /// Blocks until a descriptor is ready or `timeout` is over, with `mask` as the signal mask
  /// meanwhile; then stores the remaining time.
  ///
  /// - Throws: `restartsUnlessHandled` after a signal; the restarted call uses the remaining time.
  ///   `interrupted` if that could not be stored. What a look throws.
  @inline(never)
  private func wait(_ timeout: PollTimeout, _ mask: UInt64?, isSelect: Bool) throws(Errno) {
    let end = timeout.nanoseconds == .max ? .max : deadline(after: timeout.nanoseconds)
    var isInterrupted = false
    var failure: Errno?
    if try awaitReady(until: 0, isSelect: isSelect) == 0 {
      let thread = P.thread
      if let mask { replaceMaskTemporarily(mask) }
      let limit = timeout.nanoseconds == 0 ? 0 : end
      do throws(Errno) {
        isInterrupted =
          try awaitReady(until: limit, isSelect: isSelect) == 0 && thread.pointee.isInterrupted
      } catch { failure = error }
      if !isInterrupted, let old = thread.pointee.signals.savedMask {
        thread.pointee.signals.savedMask = nil
        setThreadMask(old)
      }
    }
    let isStored = timeout.storeRemaining(until: end, by: self)
    if let failure { throw failure }
    if isInterrupted { throw isStored ? .restartsUnlessHandled : .interrupted }
  }
}

/// The timeout of a call, and the address at which the remaining time is stored; address 0 means no
/// timeout.
struct PollTimeout {
  /// A timespec of 8 bytes, one of 16 bytes, or a timeval of 8 bytes, whose microseconds may exceed
  /// a second.
  enum Form {
    case narrow, wide, timeval
  }

  let address: UserAddress
  let form: Form
  private(set) var nanoseconds = UInt64.max

  init(address: UserAddress, form: Form) {
    self.address = address
    self.form = form
  }

  /// The timeout with its time read from user memory.
  ///
  /// - Throws: `badAddress`, `invalid`.
  @inline(__always)
  func loaded<P: Platform>(by call: SystemCall<P>) throws(Errno) -> PollTimeout {
    guard address != 0 else { return self }
    var time = try call.loadTime(address, isWide: form == .wide)
    if form == .timeval, time.nanoseconds >= 0 {
      time = Timespec(
        seconds: time.seconds + Int64(time.nanoseconds / 1_000_000),
        nanoseconds: time.nanoseconds % 1_000_000 * 1000)
    }
    guard let nanoseconds = time.totalNanoseconds else { throw .invalid }
    var timeout = self
    timeout.nanoseconds = nanoseconds
    return timeout
  }

  /// Stores the time that remains until `end`. Returns false if user memory is not writable, which
  /// matters only if the call is restarted.
  func storeRemaining<P: Platform>(until end: UInt64, by call: SystemCall<P>) -> Bool {
    guard address != 0, nanoseconds != 0 else { return true }
    let now = P.monotonicNanoseconds()
    var left = Timespec(totalNanoseconds: end > now ? end - now : 0)
    if form == .timeval { left.nanoseconds /= 1000 }
    do throws(Errno) {
      if form == .wide {
        try call.store(TimeRecord<UInt64>(left).words, at: address)
      } else {
        try call.store(TimeRecord<P.ABI.Long>(left).words, at: address)
      }
      return true
    } catch {
      return false
    }
  }
}
