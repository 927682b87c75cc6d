// SPDX-License-Identifier: Apache-2.0
import TickHandler

// SAFETY: the process outlives the call; a thread's place does not move.
/// poll, select and their kin. Every file here is always ready to be read and to be written, so that a
/// wait is one for nothing: a sleep.
extension SystemCall {
  /// POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM.
  private static var alwaysReady: UInt32 { 0x145 }

  /// poll: entries, their number, milliseconds.
  @inline(__always)
  func poll() throws(Errno) -> UInt32 {
    let ready = try pollEntries()
    let milliseconds = Int32(bitPattern: r2)
    guard ready == 0, milliseconds != 0 else { return ready }
    let end =
      milliseconds < 0 ? UInt64.max : deadline(after: UInt64(milliseconds) * 1_000_000)
    guard sleep(until: end) else { throw interruption(of: end) }
    return 0
  }

  /// ppoll and ppoll_time64: entries, their number, how long, the signals that are blocked meanwhile
  /// and the size of that mask.
  @inline(__always)
  func pollWithMask() throws(Errno) -> UInt32 {
    let span = try WaitSpan(address: r2, form: isTime64 ? .wide : .narrow).loaded(by: self)
    let mask = r3 == 0 ? nil : try loadMask(r3, size: r4)
    let ready = try pollEntries()
    try wait(unless: ready > 0, span, mask)
    return ready
  }

  /// Says of each entry what is ready; what is not open is POLLNVAL.
  private func pollEntries() throws(Errno) -> UInt32 {
    guard r1 <= UInt32(descriptorLimit) else { throw .invalid }
    var ready: UInt32 = 0
    for index in 0..<r1 {
      let place = r0 &+ index * 8
      var entry: InlineArray<2, UInt32> = try load(place)
      var events: UInt32 = 0
      if Int32(bitPattern: entry[0]) >= 0 {
        events = files.isOpen(entry[0]) ? entry[1] & Self.alwaysReady : 0x20
      }
      entry[1] = entry[1] & 0xffff | events << 16
      try store(entry, at: place)
      if events != 0 { ready += 1 }
    }
    return ready
  }

  /// select, with a timeval; pselect6 and pselect6_time64: the number behind the greatest descriptor,
  /// the three sets, how long, and a mask with its size, by address.
  @inline(__always)
  func select() throws(Errno) -> UInt32 {
    let form: WaitSpan.Form = isTime64 ? .wide : isCall(.newselect) ? .timeval : .narrow
    var words = InlineArray<2, UInt32>(repeating: 0)
    if form != .timeval, r5 != 0 { words = try load(r5) }
    let span = try WaitSpan(address: r4, form: form).loaded(by: self)
    let mask = words[0] == 0 ? nil : try loadMask(words[0], size: words[1])
    guard Int32(bitPattern: r0) >= 0 else { throw .invalid }
    let ready = try passSets(stores: false)
    try wait(unless: ready > 0, span, mask)
    return try passSets(stores: true)
  }

  /// Goes through the three sets, or stores them as they are answered: what is asked for is ready, and
  /// nothing is exceptional. As in Linux, descriptors that no table of this size has are passed over.
  ///
  /// - Throws: `badAddress`; `badDescriptor` for one that is not open.
  @inline(never)
  private func passSets(stores: Bool) throws(Errno) -> UInt32 {
    let count = min(r0, UInt32(FileTable.limit))
    let sets: InlineArray<3, UInt32> = [r1, r2, r3]
    var ready: UInt32 = 0
    for set in 0..<3 where sets[set] != 0 {
      for word in 0..<(count + 31) / 32 {
        let place = sets[set] &+ word * 4
        let words: InlineArray<1, UInt32> = try load(place)
        let left = count - word * 32
        let bits = left < 32 ? words[0] & ((1 << left) - 1) : words[0]
        let answer = set < 2 ? bits : 0
        ready += UInt32(answer.nonzeroBitCount)
        if stores { try store([answer] as InlineArray<1, UInt32>, at: place) }
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

  /// The sleep of a call for which nothing can ever become ready, with `mask` instead of what the
  /// thread blocks. Then what is left of the time is stored.
  ///
  /// - Throws: `restartsUnlessHandled` after a signal, with what is left as its new time.
  @inline(never)
  private func wait(unless isReady: Bool, _ span: WaitSpan, _ mask: UInt64?) throws(Errno) {
    let end = span.nanoseconds == .max ? .max : deadline(after: span.nanoseconds)
    var isInterrupted = false
    if !isReady {
      let thread = unsafe P.thread
      if let mask { borrowMask(mask) }
      if span.nanoseconds != 0 { _ = sleep(until: end) }
      isInterrupted = unsafe thread.pointee.isInterrupted
      if !isInterrupted, let old = unsafe thread.pointee.signals.savedMask {
        unsafe thread.pointee.signals.savedMask = nil
        setOwnMask(old)
      }
    }
    let isStored = span.storeRest(until: end, by: self)
    if isInterrupted { throw isStored ? .restartsUnlessHandled : .interrupted }
  }
}

/// How long a call waits at most, and where what is left of that is stored; address 0 is no limit.
struct WaitSpan {
  /// A timespec of 8 bytes, one of 16, or a timeval of 8, which may have more than a second of
  /// microseconds.
  enum Form {
    case narrow, wide, timeval
  }

  let address: UInt32
  let form: Form
  private(set) var nanoseconds = UInt64.max

  init(address: UInt32, form: Form) {
    self.address = address
    self.form = form
  }

  /// The span that is stored in the program's memory.
  ///
  /// - Throws: `badAddress`, `invalid`.
  @inline(__always)
  func loaded<P: Platform>(by call: SystemCall<P>) throws(Errno) -> WaitSpan {
    guard address != 0 else { return self }
    var time = try call.loadTime(address, isWide: form == .wide)
    if form == .timeval, time.nanoseconds >= 0 {
      time = Timespec(
        seconds: time.seconds + Int64(time.nanoseconds / 1_000_000),
        nanoseconds: time.nanoseconds % 1_000_000 * 1000)
    }
    guard let nanoseconds = time.totalNanoseconds else { throw .invalid }
    var span = self
    span.nanoseconds = nanoseconds
    return span
  }

  /// False if the program's memory does not take it, which counts only where the call is made again.
  func storeRest<P: Platform>(until end: UInt64, by call: SystemCall<P>) -> Bool {
    guard address != 0, nanoseconds != 0 else { return true }
    let now = P.monotonicNanoseconds()
    var left = Timespec(totalNanoseconds: end > now ? end - now : 0)
    if form == .timeval { left.nanoseconds /= 1000 }
    let (low, fraction) = (UInt32(truncatingIfNeeded: left.seconds), UInt32(left.nanoseconds))
    let high = UInt32(truncatingIfNeeded: left.seconds >> 32)
    let words: InlineArray<4, UInt32> =
      form == .wide ? [low, high, fraction, 0] : [low, fraction, 0, 0]
    // SAFETY: words have no padding.
    return unsafe words.span.withUnsafeBytes { bytes in
      unsafe call.storeBytes(
        bytes.baseAddress.unsafelyUnwrapped, at: address, count: form == .wide ? 16 : 8)
    }
  }
}
