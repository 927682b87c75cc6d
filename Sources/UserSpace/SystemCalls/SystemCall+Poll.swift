// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// poll, ppoll, select and pselect6. All files are always ready for reading and writing, so a wait
/// for other events is a sleep.
extension SystemCall {
  /// POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM.
  private static var alwaysReady: UInt32 { 0x145 }

  /// poll: the entries, their number, a timeout in milliseconds.
  @inline(__always)
  func poll() throws(Errno) -> Word {
    let ready = try pollEntries()
    let milliseconds = Int32(bitPattern: argument(2))
    guard ready == 0, milliseconds != 0 else { return ready }
    let end =
      milliseconds < 0 ? UInt64.max : deadline(after: UInt64(milliseconds) * 1_000_000)
    guard sleep(until: end) else { throw interruption(of: end) }
    return 0
  }

  /// ppoll and ppoll_time64: the entries, their number, a timeout, the signal mask during the call
  /// and its size.
  @inline(__always)
  func pollWithMask() throws(Errno) -> Word {
    let timeout = try PollTimeout(address: address(2), form: isTime64 ? .wide : .narrow).loaded(
      by: self)
    let mask = address(3) == 0 ? nil : try loadMask(address(3), size: word(4))
    let ready = try pollEntries()
    try wait(unless: ready > 0, timeout, mask)
    return ready
  }

  /// Stores for each entry which of its events are ready, POLLNVAL for a descriptor that is not
  /// open. Returns the number of entries with events.
  ///
  /// - Throws: `invalid`, `badAddress`.
  private func pollEntries() throws(Errno) -> Word {
    guard argument(1) <= UInt32(descriptorLimit) else { throw .invalid }
    var ready: Word = 0
    for index in 0..<argument(1) {
      let address = address(0) &+ Word(index) * PollRecord.size
      var entry = PollRecord(try load(address))
      var events: UInt32 = 0
      if let descriptor = entry.descriptor {
        events = files.isOpen(descriptor) ? entry.wanted & Self.alwaysReady : 0x20
      }
      entry.answer(events)
      try store(entry.words, at: address)
      if events != 0 { ready += 1 }
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
    let ready = try answerSets(stores: false)
    try wait(unless: ready > 0, timeout, mask)
    return try answerSets(stores: true)
  }

  /// Counts the ready descriptors of the three sets, or stores the sets' answers: all are ready for
  /// reading and writing, none has exceptional conditions. As in Linux, descriptors above the size
  /// of the table are ignored.
  ///
  /// - Throws: `badAddress`; `badDescriptor` for one that is not open.
  @inline(never)
  private func answerSets(stores: Bool) throws(Errno) -> Word {
    let count = min(argument(0), UInt32(Descriptor.limit))
    let sets: InlineArray<3, UserAddress> = [address(1), address(2), address(3)]
    var ready: Word = 0
    for set in 0..<3 where sets[set] != 0 {
      for word in 0..<(count + 31) / 32 {
        let address = sets[set] &+ Word(word) * 4
        let words: InlineArray<1, UInt32> = try load(address)
        let left = count - word * 32
        let bits = left < 32 ? words[0] & ((1 << left) - 1) : words[0]
        let answer = set < 2 ? bits : 0
        ready += Word(answer.nonzeroBitCount)
        if stores { try store([answer] as InlineArray<1, UInt32>, at: address) }
        var rest = stores ? 0 : bits
        while rest != 0 {
          guard files.isOpen(word * 32 + UInt32(rest.trailingZeroBitCount)) else {
            throw .badDescriptor
          }
          rest &= rest - 1
        }
      }
    }
    return ready
  }

  /// Sleeps until the end of `timeout` unless something is ready, with `mask` as the signal mask
  /// meanwhile; then stores the remaining time.
  ///
  /// - Throws: `restartsUnlessHandled` after a signal; the restarted call uses the remaining time.
  ///   `interrupted` if that could not be stored.
  @inline(never)
  private func wait(unless isReady: Bool, _ timeout: PollTimeout, _ mask: UInt64?) throws(Errno) {
    let end = timeout.nanoseconds == .max ? .max : deadline(after: timeout.nanoseconds)
    var isInterrupted = false
    if !isReady {
      let thread = P.thread
      if let mask { replaceMaskTemporarily(mask) }
      if timeout.nanoseconds != 0 { _ = sleep(until: end) }
      isInterrupted = thread.pointee.isInterrupted
      if !isInterrupted, let old = thread.pointee.signals.savedMask {
        thread.pointee.signals.savedMask = nil
        setThreadMask(old)
      }
    }
    let isStored = timeout.storeRemaining(until: end, by: self)
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
