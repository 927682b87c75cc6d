// SPDX-License-Identifier: Apache-2.0
/// Deadlines on the monotonic clock and whom to tell: a binary heap in memory that was handed in.
///
/// Inserting, cancelling and taking the earliest cost O(log n); asking for the earliest costs O(1).
/// Equal deadlines leave in the order in which they came. It allocates nothing and has no lock of
/// its own: `TickService` guards it.
@safe public struct TimeoutQueue: ~Copyable {
  /// One place of the queue; public only so that memory for it can be set aside.
  public struct Slot {
    /// Monotonic nanoseconds.
    fileprivate var deadline: UInt64 = 0
    /// Order of insertion, between equal deadlines.
    fileprivate var sequence: UInt64 = 0
    /// Whom to tell.
    fileprivate var token: UInt32 = 0
    /// Odd while the place is taken; one more at each insertion and removal.
    fileprivate var generation: UInt32 = 0
    /// Taken: the place's position in the heap. Free: the next free place.
    fileprivate var link: UInt32 = 0
    /// Not the place's own: the heap's cell at this position, which holds the number of a place.
    fileprivate var cell: UInt32 = 0
  }

  /// Every place is taken.
  public struct Full: Error, Equatable {}

  private let slots: UnsafeMutablePointer<Slot>
  private var nextSequence: UInt64 = 0
  private var firstFree: UInt32 = 0

  /// Timeouts that wait.
  public private(set) var count: UInt32 = 0

  /// An empty queue in `storage`, which must be unused memory that outlives the queue; its size, not 0,
  /// is the capacity.
  public init(in storage: UnsafeMutableBufferPointer<Slot>) {
    // SAFETY: the caller hands over unused memory of that size.
    unsafe storage.initialize(repeating: Slot())
    guard let start = storage.baseAddress else {
      preconditionFailure("a timeout queue without memory")
    }
    unsafe slots = start
    capacity = UInt32(storage.count)
    for index in 0..<capacity { self[index].link = index + 1 }
  }

  /// The number of places.
  public let capacity: UInt32

  /// The earliest deadline, in monotonic nanoseconds; nil when nothing waits.
  public var earliestDeadline: UInt64? {
    @inline(__always) get {
      count == 0 ? nil : self[self[0].cell].deadline
    }
  }

  /// Adds a timeout for `deadline`, in monotonic nanoseconds.
  ///
  /// - Throws: `Full`; then nothing has changed.
  public mutating func insert(
    deadline: UInt64, token: UInt32
  ) throws(Full) -> TimeoutHandle {
    guard firstFree < capacity else { throw Full() }
    let place = firstFree
    firstFree = self[place].link
    self[place].deadline = deadline
    self[place].sequence = nextSequence
    self[place].token = token
    self[place].generation &+= 1  // Wrapping: a handle is told from 2^31 later ones.
    nextSequence += 1
    count += 1
    settle(place, at: count - 1)
    return TimeoutHandle(place: place, generation: self[place].generation)
  }

  /// Takes a timeout out. False when it has expired or was cancelled before, or never was.
  public mutating func cancel(_ handle: TimeoutHandle) -> Bool {
    guard handle.generation & 1 == 1, handle.place < capacity,
      self[handle.place].generation == handle.generation
    else { return false }
    remove(handle.place)
    return true
  }

  /// Takes the earliest timeout out if its deadline is at or before `now`, in monotonic
  /// nanoseconds, and returns its token. Never one whose deadline is still to come.
  @inline(__always)
  public mutating func takeExpired(at now: UInt64) -> UInt32? {
    guard let deadline = earliestDeadline, deadline <= now else { return nil }
    return takeFirst()
  }

  /// Takes the earliest timeout out; there is one.
  @inline(never)
  private mutating func takeFirst() -> UInt32 {
    let place = self[0].cell
    remove(place)
    return self[place].token
  }

  /// Frees a taken place and closes the gap in the heap with the heap's last.
  private mutating func remove(_ place: UInt32) {
    let gap = self[place].link
    count -= 1
    let last = self[count].cell
    if last != place { settle(last, at: gap) }
    self[place].generation &+= 1
    self[place].link = firstFree
    firstFree = place
  }

  /// Puts `place` into the heap at the gap `position`, or further up or down where it belongs.
  private mutating func settle(_ place: UInt32, at position: UInt32) {
    var gap = position
    while gap > 0, isBefore(place, self[(gap - 1) / 2].cell) {
      put(self[(gap - 1) / 2].cell, at: gap)
      gap = (gap - 1) / 2
    }
    while let child = earlierChild(of: gap), isBefore(child, place) {
      let childPosition = self[child].link
      put(child, at: gap)
      gap = childPosition
    }
    put(place, at: gap)
  }

  /// The earlier of the places below a position of the heap, or nil at its end.
  private func earlierChild(of position: UInt32) -> UInt32? {
    let left = position * 2 + 1
    guard left < count else { return nil }
    let first = self[left].cell
    guard left + 1 < count else { return first }
    let second = self[left + 1].cell
    return isBefore(second, first) ? second : first
  }

  /// True when the first place leaves before the second.
  private func isBefore(_ first: UInt32, _ second: UInt32) -> Bool {
    let (a, b) = (self[first].deadline, self[second].deadline)
    return a != b ? a < b : self[first].sequence < self[second].sequence
  }

  /// Writes a cell of the heap and the way back from its place.
  private mutating func put(_ place: UInt32, at position: UInt32) {
    self[position].cell = place
    self[place].link = position
  }

  /// A place, or the cell of a heap position.
  private subscript(_ index: UInt32) -> Slot {
    @inline(__always) unsafeAddress {
      precondition(index < capacity, "no such place in the timeout queue")
      // SAFETY: the index is inside of the buffer, which `init` has filled.
      return unsafe UnsafePointer(slots + Int(index))
    }
    @inline(__always) nonmutating unsafeMutableAddress {
      precondition(index < capacity, "no such place in the timeout queue")
      // SAFETY: the index is inside of the buffer, which `init` has filled.
      return unsafe slots + Int(index)
    }
  }
}

/// Names one timeout for `cancel`, and no other that takes its place later.
public struct TimeoutHandle: Equatable, Sendable {
  fileprivate let place: UInt32
  fileprivate let generation: UInt32
}
