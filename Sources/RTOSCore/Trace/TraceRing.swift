// SPDX-License-Identifier: Apache-2.0
import Synchronization

// SAFETY: the memory is the ring's permanently; its words are atomic.
/// The last events of one CPU: a ring of fixed size that overwrites the oldest.
///
/// Only its CPU writes it, with interrupts masked and without waiting. Any CPU may read at the same
/// time: an event that is overwritten during the read counts as lost, so each event that is
/// returned is consistent.
///
/// The writer stores an event's words and then, after a barrier, the number of events. The reader
/// loads the words and then, after a barrier, that number again. The words of event n may become
/// visible before the number n, so the reader never trusts the oldest slot of the ring.
@safe public struct TraceRing: ~Copyable {
  private let words: UnsafeMutablePointer<Atomic<UInt32>>
  private let mask: UInt32
  /// How many events were written. Wraps at 2^32.
  private let written: Atomic<UInt32>
  /// The number of the first event since the last restart.
  private let begun: Atomic<UInt32>

  /// Bytes of memory that `capacity` events need.
  public static func size(_ capacity: UInt32) -> Int { Int(capacity) * 16 }

  /// Creates an empty ring of `capacity` events, a power of two, in unused memory that is aligned
  /// to words. The first event has the number `first`.
  public init(_ memory: UnsafeMutableRawPointer, capacity: UInt32, first: UInt32 = 0) {
    precondition(capacity > 1 && capacity & (capacity - 1) == 0, "invalid ring capacity")
    unsafe words = memory.bindMemory(to: Atomic<UInt32>.self, capacity: Int(capacity) * 4)
    for word in 0..<Int(capacity) * 4 { unsafe (words + word).initialize(to: Atomic(0)) }
    mask = capacity - 1
    written = Atomic(first)
    begun = Atomic(first)
  }

  /// Appends an event. Called on the ring's CPU, with interrupts masked.
  public borrowing func write(_ event: TraceEvent) {
    let number = written.load(ordering: .relaxed)
    let slot = unsafe words + Int(number & mask) * 4
    let (low, high) = event.count.halves
    unsafe slot[0].store(low, ordering: .relaxed)
    unsafe slot[1].store(high, ordering: .relaxed)
    unsafe slot[2].store(
      UInt32(event.kind.rawValue) << 24 | event.task.rawValue & 0xffff, ordering: .relaxed)
    unsafe slot[3].store(event.value, ordering: .relaxed)
    atomicMemoryFence(ordering: .releasing)
    written.store(number &+ 1, ordering: .relaxed)  // Wrapping: so does the number.
  }

  /// Discards all events so far. Callable from any CPU.
  public borrowing func restart() {
    begun.store(written.load(ordering: .relaxed), ordering: .relaxed)
  }

  /// The numbers of the events that can be read now, and how many before them are lost.
  public var extent: (first: UInt32, count: UInt32, lost: UInt32) {
    let (begin, end) = (begun.load(ordering: .relaxed), written.load(ordering: .acquiring))
    let count = end &- begin  // Wrapping: a distance of two numbers.
    guard count > mask else { return (begin, count, 0) }
    return (end &- mask, mask, count - mask)  // Wrapping: a number before another.
  }

  /// Returns the event with a number that `extent` reported; nil when it was overwritten meanwhile.
  public borrowing func read(_ number: UInt32) -> TraceEvent? {
    let slot = unsafe words + Int(number & mask) * 4
    let low = unsafe slot[0].load(ordering: .relaxed)
    let high = unsafe slot[1].load(ordering: .relaxed)
    let what = unsafe slot[2].load(ordering: .relaxed)
    let value = unsafe slot[3].load(ordering: .relaxed)
    atomicMemoryFence(ordering: .acquiring)
    let behind = written.load(ordering: .relaxed) &- number  // Wrapping: a distance.
    guard behind > 0, behind <= mask, let kind = TraceEvent.Kind(rawValue: UInt8(what >> 24))
    else { return nil }
    return TraceEvent(
      kind, task: TaskNumber(rawValue: what & 0xffff), value: value,
      count: UInt64(high) << 32 | UInt64(low))
  }
}

extension UInt64 {
  /// The low word and the high word.
  fileprivate var halves: (UInt32, UInt32) {
    (UInt32(truncatingIfNeeded: self), UInt32(truncatingIfNeeded: self >> 32))
  }
}
