// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A priority queue of deadlines on the monotonic clock: a binary heap in memory of the caller.
///
/// Inserting, cancelling and removing the earliest are O(log n); reading the earliest is O(1).
/// Equal deadlines expire in the order of their insertion. A timeout has a slack, by which it may
/// be late if that saves an interrupt. The queue allocates nothing and has no lock of its own: each
/// CPU has one queue, which the lock of its `CPUTimer` protects.
@safe public struct TimeoutQueue: ~Copyable {
  /// One slot of the queue; public only so that memory for it can be allocated.
  public struct Slot {
    /// The deadline in monotonic nanoseconds.
    fileprivate var deadline: UInt64 = 0
    /// The latest time at which the timeout should be served, in monotonic nanoseconds.
    fileprivate var latest: UInt64 = 0
    /// The order of insertion, for equal deadlines.
    fileprivate var sequence: UInt64 = 0
    /// The value to be passed to the waker.
    fileprivate var token: UInt32 = 0
    /// Incremented at each insertion and removal; odd while the slot is in use.
    fileprivate var generation: UInt32 = 0
    /// In use: the position of the slot in the heap. Free: the index of the next free slot.
    fileprivate var link: UInt32 = 0
    /// Unrelated to this slot: the heap's cell at this position, which contains the index of a
    /// slot.
    fileprivate var cell: UInt32 = 0
  }

  /// All slots are in use.
  public struct Full: Error, Equatable {}

  private let slots: UnsafeMutablePointer<Slot>
  private var nextSequence: UInt64 = 0
  private var firstFree: UInt32 = 0

  /// The number of pending timeouts.
  public private(set) var count: UInt32 = 0

  /// The CPU that serves the timeouts.
  private let cpu: UInt32

  /// Creates an empty queue for a CPU in `storage`, which must be unused memory that outlives the
  /// queue. Its count, which must not be 0, is the capacity.
  public init(in storage: UnsafeMutableBufferPointer<Slot>, of cpu: UInt32 = 0) {
    self.cpu = cpu
    // SAFETY: the caller passes unused memory of this size.
    unsafe storage.initialize(repeating: Slot())
    guard let start = storage.baseAddress else {
      preconditionFailure("a timeout queue without memory")
    }
    unsafe slots = start
    capacity = UInt32(storage.count)
    for index in 0..<capacity { self[index].link = index + 1 }
  }

  /// The number of slots.
  public let capacity: UInt32

  /// The timeout with the earliest deadline; nil if the queue is empty.
  var first: Due? {
    @inline(__always) get {
      guard count != 0 else { return nil }
      let slot = self[0].cell
      return Due(deadline: self[slot].deadline, latest: self[slot].latest)
    }
  }

  /// When a timeout is to be served, in monotonic nanoseconds.
  struct Due: Equatable {
    /// Not before this time.
    let deadline: UInt64
    /// At this time at the latest, if nothing else interrupts the CPU in between.
    let latest: UInt64
  }

  /// Inserts a timeout for `deadline`, in monotonic nanoseconds, that may be late by `slack`
  /// nanoseconds.
  ///
  /// - Throws: `Full`; then nothing has changed.
  public mutating func insert(
    deadline: UInt64, slack: UInt32 = 0, token: UInt32
  ) throws(Full) -> TimeoutHandle {
    guard firstFree < capacity else { throw Full() }
    let slot = firstFree
    firstFree = self[slot].link
    let (latest, isNever) = deadline.addingReportingOverflow(UInt64(word: slack))
    self[slot].deadline = deadline
    self[slot].latest = isNever ? .max : latest
    self[slot].sequence = nextSequence
    self[slot].token = token
    self[slot].generation &+= 1  // Wrapping: a handle is distinct from the next 2^31 ones.
    nextSequence += 1
    count += 1
    sift(slot, at: count - 1)
    return TimeoutHandle(cpu: cpu, slot: slot, generation: self[slot].generation)
  }

  /// True if no timeout is earlier than this one, which is in the queue.
  @inline(__always)
  func isFirst(_ handle: TimeoutHandle) -> Bool { self[0].cell == handle.slot }

  /// Removes a timeout. False if it has expired, was cancelled before, or never existed.
  public mutating func cancel(_ handle: TimeoutHandle) -> Bool {
    guard handle.generation & 1 == 1, handle.slot < capacity,
      self[handle.slot].generation == handle.generation
    else { return false }
    remove(handle.slot)
    return true
  }

  /// Removes the earliest timeout and returns its token if its deadline is at or before `now`, in
  /// monotonic nanoseconds. nil if no timeout has expired.
  @inline(__always)
  public mutating func takeExpired(at now: UInt64) -> UInt32? {
    guard let first, first.deadline <= now else { return nil }
    return takeFirst()
  }

  /// Removes the earliest timeout and returns its token. The queue must not be empty.
  @inline(never)
  private mutating func takeFirst() -> UInt32 {
    let slot = self[0].cell
    remove(slot)
    return self[slot].token
  }

  /// Frees a slot in use and moves the last element of the heap to the gap.
  private mutating func remove(_ slot: UInt32) {
    let gap = self[slot].link
    count -= 1
    let last = self[count].cell
    if last != slot { sift(last, at: gap) }
    self[slot].generation &+= 1
    self[slot].link = firstFree
    firstFree = slot
  }

  /// Inserts `slot` into the heap at the gap `position`, and moves it up or down to restore
  /// the heap order.
  private mutating func sift(_ slot: UInt32, at position: UInt32) {
    var gap = position
    while gap > 0, isBefore(slot, self[(gap - 1) / 2].cell) {
      put(self[(gap - 1) / 2].cell, at: gap)
      gap = (gap - 1) / 2
    }
    while let child = earlierChild(of: gap), isBefore(child, slot) {
      let childPosition = self[child].link
      put(child, at: gap)
      gap = childPosition
    }
    put(slot, at: gap)
  }

  /// The earlier of the children of a heap position, nil if it has none.
  private func earlierChild(of position: UInt32) -> UInt32? {
    let left = position * 2 + 1
    guard left < count else { return nil }
    let first = self[left].cell
    guard left + 1 < count else { return first }
    let second = self[left + 1].cell
    return isBefore(second, first) ? second : first
  }

  /// True if slot `first` expires before slot `second`.
  private func isBefore(_ first: UInt32, _ second: UInt32) -> Bool {
    let (a, b) = (self[first].deadline, self[second].deadline)
    return a != b ? a < b : self[first].sequence < self[second].sequence
  }

  /// Stores `slot` in the heap cell at `position`, and the position in the slot.
  private mutating func put(_ slot: UInt32, at position: UInt32) {
    self[position].cell = slot
    self[slot].link = position
  }

  /// The slot with this index, or the cell of this heap position.
  private subscript(_ index: UInt32) -> Slot {
    @inline(__always) unsafeAddress {
      precondition(index < capacity, "no such slot in the timeout queue")
      // SAFETY: the index is inside the buffer, which `init` has initialised.
      return unsafe UnsafePointer(slots + Int(index))
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      precondition(index < capacity, "no such slot in the timeout queue")
      // SAFETY: the index is inside the buffer, which `init` has initialised.
      return unsafe slots + Int(index)
    }
  }
}
