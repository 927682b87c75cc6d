// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The signals pending for a thread or for a process. Their siginfo is kept in a shared pool; when
/// the pool is full, only the signal's bit is kept.
struct SignalQueue {
  /// A bit for each pending signal.
  fileprivate(set) var pending: UInt64 = 0
  fileprivate var first = SignalQueue.none
  fileprivate var last = SignalQueue.none

  fileprivate static var none: UInt16 { .max }
}

/// An entry of the pool: a pending signal, or a free slot.
private struct QueuedSignal {
  var info: SignalInfo
  var next: UInt16
}

/// The pool of entries for pending signals with their siginfo. Protected by the process table's
/// lock.
struct SignalPool {
  /// Number of entries.
  static var capacity: Int { 256 }
  /// Bytes that the pool needs, aligned to 4.
  static var size: Int { MemoryLayout<QueuedSignal>.stride * capacity }

  private let entries: RecordTable<QueuedSignal>
  private var free: UInt16 = 0
  /// Number of entries in use.
  private var used: UInt32 = 0

  /// An empty pool in `size` bytes of `memory`, which it keeps permanently.
  init(in memory: inout RecordMemory) {
    entries = memory.table(Self.capacity) { slot in
      let next = slot + 1 < Self.capacity ? UInt16(slot + 1) : SignalQueue.none
      return QueuedSignal(info: SignalInfo(.kill, code: 0, 0, 0, 0), next: next)
    }
  }

  /// Appends a signal to the queue. A signal that is already pending is not added again, unless it
  /// is a real-time signal or a timer's.
  ///
  /// `limit` is how many entries may be in use (RLIMIT_SIGPENDING, which Linux counts for each
  /// user). As on Linux, it does not apply to timers' signals, nor to standard signals unless a
  /// program supplied the siginfo.
  ///
  /// - Returns: false if there is no room: the signal is then pending without its siginfo, or, if
  ///   `info.requiresEntry`, not at all.
  @inline(never)
  mutating func append(_ info: SignalInfo, to queue: inout SignalQueue, limit: Word) -> Bool {
    guard let signal = info.signal else { return true }
    let bit = signal.bit
    if queue.pending & bit != 0, !signal.isQueued, info.code != SignalInfo.byTimer {
      return true
    }
    let slot = free
    let isLimited = info.code != SignalInfo.byTimer && (signal.isQueued || info.code < 0)
    guard slot != SignalQueue.none, !isLimited || used < limit else {
      if !info.requiresEntry { queue.pending |= bit }
      return false
    }
    queue.pending |= bit
    used += 1
    free = entries[Int(slot)].next
    entries[Int(slot)].info = info
    entries[Int(slot)].next = SignalQueue.none
    if queue.first == SignalQueue.none {
      queue.first = slot
    } else {
      entries[Int(queue.last)].next = slot
    }
    queue.last = slot
    return true
  }

  /// Dequeues the first pending instance of `signal`, which must be pending.
  @inline(never)
  mutating func dequeue(_ signal: Signal, from queue: inout SignalQueue) -> SignalInfo {
    let number = UInt32(signal.number)
    if let slot = remove(from: &queue, where: { $0.pointee.info.words[0] == number }) {
      return entries[Int(slot)].info  // A free slot keeps it.
    }
    queue.pending &= ~signal.bit
    return SignalInfo(signal, code: SignalInfo.byKill, 0, 0, 0)
  }

  /// Discards the pending signal of a timer.
  @inline(never)
  mutating func dropTimer(_ number: UInt32, from queue: inout SignalQueue) {
    _ = remove(from: &queue) {
      $0.pointee.info.code == SignalInfo.byTimer && $0.pointee.info.words[3] == number
    }
  }

  /// Discards the pending ones of `signals`.
  @inline(never)
  mutating func drop(_ signals: UInt64, from queue: inout SignalQueue) {
    let doomed = queue.pending & signals
    guard doomed != 0 else { return }
    queue.pending &= ~doomed
    var previous = SignalQueue.none
    var slot = queue.first
    while slot != SignalQueue.none {
      let next = entries[Int(slot)].next
      // Signal n has bit n - 1. Masking: it is 1 to 64.
      if doomed &>> UInt64(entries[Int(slot)].info.words[0] &- 1) & 1 != 0 {
        unlink(slot, after: previous, from: &queue)
      } else {
        previous = slot
      }
      slot = next
    }
  }

  /// Removes and frees the first entry that `matches`, and returns its slot. Clears its signal's bit
  /// if it was the last of that signal.
  private mutating func remove(
    from queue: inout SignalQueue, where matches: (RecordReference<QueuedSignal>) -> Bool
  ) -> UInt16? {
    var previous = SignalQueue.none
    var slot = queue.first
    while slot != SignalQueue.none {
      let entry = entries.reference(Int(slot))
      if matches(entry) {
        unlink(slot, after: previous, from: &queue)
        updatePending(entry.pointee.info.words[0], in: &queue)
        return slot
      }
      previous = slot
      slot = entry.pointee.next
    }
    return nil
  }

  /// Removes and frees an entry of the queue.
  @inline(never)
  private mutating func unlink(
    _ slot: UInt16, after previous: UInt16, from queue: inout SignalQueue
  ) {
    let next = entries[Int(slot)].next
    if previous == SignalQueue.none {
      queue.first = next
    } else {
      entries[Int(previous)].next = next
    }
    if queue.last == slot { queue.last = previous }
    entries[Int(slot)].next = free
    free = slot
    used -= 1
  }

  /// Clears the signal's bit if no entry of it is left in the queue.
  private func updatePending(_ number: UInt32, in queue: inout SignalQueue) {
    guard let signal = Signal(number: number) else { return }
    var slot = queue.first
    while slot != SignalQueue.none {
      if entries[Int(slot)].info.words[0] == number { return }
      slot = entries[Int(slot)].next
    }
    queue.pending &= ~signal.bit
  }
}
