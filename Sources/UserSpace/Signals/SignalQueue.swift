// SPDX-License-Identifier: Apache-2.0
/// Signals that wait, for a thread or for a process. What came with them is in a pool that all
/// share; without room there only the signal itself is kept.
struct SignalQueue {
  /// The signals that wait.
  fileprivate(set) var pending: UInt64 = 0
  fileprivate var first = SignalQueue.none
  fileprivate var last = SignalQueue.none

  fileprivate static var none: UInt16 { .max }
}

/// A signal in a queue, or a free place.
private struct QueuedSignal {
  var info: SignalInfo
  var next: UInt16
}

// SAFETY: links are places below the capacity of the pool, whose memory is the kernel's for ever.
/// Room for what comes with signals that wait. Guarded by the process table's lock.
@safe struct SignalPool {
  /// The most signals that wait with what came with them.
  static var capacity: Int { 256 }
  /// Bytes that the pool needs, aligned to 4.
  static var size: Int { MemoryLayout<QueuedSignal>.stride * capacity }

  private let places: UnsafeMutablePointer<QueuedSignal>
  private var free: UInt16 = 0
  /// Places that are taken.
  private var used: UInt32 = 0

  /// An empty pool in `size` bytes at `memory`, for ever.
  init(in memory: UnsafeMutableRawPointer) {
    unsafe places = memory.bindMemory(to: QueuedSignal.self, capacity: Self.capacity)
    for place in 0..<Self.capacity {
      let next = place + 1 < Self.capacity ? UInt16(place + 1) : SignalQueue.none
      unsafe (places + place).initialize(
        to: QueuedSignal(info: SignalInfo(.kill, code: 0, 0, 0, 0), next: next))
    }
  }

  /// Puts a signal behind the others. One that waits already is not taken a second time, unless it
  /// is a real-time one or a timer's.
  ///
  /// `limit` is how many may wait for all (RLIMIT_SIGPENDING, which Linux counts for a user). As there,
  /// what is no real-time signal and no program's own siginfo is above it, and so is a timer's.
  ///
  /// - Returns: false without room: the signal waits, but nothing is known of it, or it does not wait,
  ///   if it is one that needs room.
  @inline(never)
  mutating func append(_ info: SignalInfo, to queue: inout SignalQueue, limit: UInt32) -> Bool {
    guard let signal = info.signal else { return true }
    if queue.pending & signal.bit != 0, !signal.isQueued, info.code != SignalInfo.byTimer {
      return true
    }
    let place = free
    let isLimited = info.code != SignalInfo.byTimer && (signal.isQueued || info.code < 0)
    guard place != SignalQueue.none, !isLimited || used < limit else {
      if !info.needsRoom { queue.pending |= signal.bit }
      return false
    }
    queue.pending |= signal.bit
    used += 1
    free = unsafe places[Int(place)].next
    unsafe places[Int(place)] = QueuedSignal(info: info, next: SignalQueue.none)
    if queue.first == SignalQueue.none {
      queue.first = place
    } else {
      unsafe places[Int(queue.last)].next = place
    }
    queue.last = place
    return true
  }

  /// Takes the first one of a signal that waits.
  @inline(never)
  mutating func take(_ signal: Signal, from queue: inout SignalQueue) -> SignalInfo {
    if let info = remove(from: &queue, where: { $0.words[0] == UInt32(signal.number) }) {
      return info
    }
    queue.pending &= ~signal.bit
    return SignalInfo(signal, code: SignalInfo.byKill, 0, 0, 0)
  }

  /// Forgets what a timer sent.
  @inline(never)
  mutating func dropTimer(_ number: UInt32, from queue: inout SignalQueue) {
    _ = remove(from: &queue) { $0.code == SignalInfo.byTimer && $0.words[3] == number }
  }

  /// Forgets those of `signals` that wait.
  @inline(never)
  mutating func drop(_ signals: UInt64, from queue: inout SignalQueue) {
    while case let doomed = queue.pending & signals, doomed != 0 {
      _ = take(Signal(lowestIn: doomed), from: &queue)
    }
  }

  /// Takes the first one that `matches`; its signal waits no more if it was the last one of it.
  private mutating func remove(
    from queue: inout SignalQueue, where matches: (SignalInfo) -> Bool
  ) -> SignalInfo? {
    var previous = SignalQueue.none
    var place = queue.first
    while place != SignalQueue.none, unsafe !matches(places[Int(place)].info) {
      previous = place
      place = unsafe places[Int(place)].next
    }
    guard place != SignalQueue.none else { return nil }
    let info = unsafe places[Int(place)].info
    let next = unsafe places[Int(place)].next
    if previous == SignalQueue.none {
      queue.first = next
    } else {
      unsafe places[Int(previous)].next = next
    }
    if queue.last == place { queue.last = previous }
    unsafe places[Int(place)].next = free
    free = place
    used -= 1
    updatePending(info, in: &queue)
    return info
  }

  /// Clears the signal's bit if none of it waits any more.
  private func updatePending(_ info: SignalInfo, in queue: inout SignalQueue) {
    guard let signal = info.signal else { return }
    var place = queue.first
    while place != SignalQueue.none {
      if unsafe places[Int(place)].info.words[0] == info.words[0] { return }
      place = unsafe places[Int(place)].next
    }
    queue.pending &= ~signal.bit
  }
}
