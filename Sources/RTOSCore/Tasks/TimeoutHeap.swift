/// Deadlines in ticks, the earliest first: a pairing heap (Fredman, Sedgewick, Sleator and Tarjan,
/// "The pairing heap", 1986) whose links stand in the records that wait.
///
/// Inserting is one comparison, however many wait; taking one out costs O(log n) on average. It
/// needs no memory of its own, so it is never full. Equal deadlines leave in the order in which they
/// came. Guarded by the lock of whoever owns the records.

/// The links of one record; what they mean is the heap's.
struct TimeoutLinks {
  /// The tick at which it is due.
  var deadline: UInt64 = 0
  /// Order of insertion, between equal deadlines.
  fileprivate var order: UInt64 = 0
  fileprivate var child = none
  /// The next one below the same parent.
  fileprivate var next = none
  /// The one before below the same parent, or the parent of the first.
  fileprivate var previous = none
  /// True while it stands in the heap.
  var isSet = false

  /// No record.
  static let none: UInt32 = .max
}

/// A record that can wait for a tick.
protocol TimedRecord {
  /// The heap's.
  var timeout: TimeoutLinks { get set }
}

// SAFETY: places in the heap are places in the table of records, which outlives the heap.
/// The heap.
@safe struct TimeoutHeap<Node: TimedRecord> {
  private let nodes: UnsafeMutablePointer<Node>
  private var root = TimeoutLinks.none
  private var nextOrder: UInt64 = 0

  /// An empty heap of the records in a table that outlives it.
  init(nodes: UnsafeMutablePointer<Node>) { unsafe self.nodes = nodes }

  /// The record that is due first.
  var first: UInt32? { root == TimeoutLinks.none ? nil : root }

  /// The tick at which the first is due; `UInt64.max` when none waits.
  @inline(__always)
  var earliest: UInt64 {
    root == TimeoutLinks.none ? .max : self[root].timeout.deadline
  }

  /// Adds a record that is not in the heap.
  mutating func insert(_ node: UInt32, deadline: UInt64) {
    var links = TimeoutLinks()
    links.deadline = deadline
    links.order = nextOrder
    links.isSet = true
    nextOrder += 1
    self[node].timeout = links
    root = merge(root, node)
  }

  /// Takes a record out; nothing when it is not in the heap.
  @inline(never)
  mutating func remove(_ node: UInt32) {
    guard self[node].timeout.isSet else { return }
    let rest = combine(self[node].timeout.child)
    if node == root {
      root = rest
    } else {
      detach(node)
      root = merge(root, rest)
    }
    self[node].timeout = TimeoutLinks()
  }

  /// Takes the first out if it is due at or before `tick`.
  @inline(__always)
  mutating func takeExpired(at tick: UInt64) -> UInt32? {
    guard root != TimeoutLinks.none, self[root].timeout.deadline <= tick else {
      return nil
    }
    let node = root
    remove(node)
    return node
  }

  /// Takes the first out likewise, and says when it was due.
  mutating func takeFirstExpired(at tick: UInt64) -> (node: UInt32, deadline: UInt64)? {
    let deadline = earliest
    guard let node = takeExpired(at: tick) else { return nil }
    return (node, deadline)
  }

  /// Cuts a record that is not the root out of its row.
  private func detach(_ node: UInt32) {
    let (before, behind) = (self[node].timeout.previous, self[node].timeout.next)
    if self[before].timeout.child == node {
      self[before].timeout.child = behind
    } else {
      self[before].timeout.next = behind
    }
    if behind != TimeoutLinks.none { self[behind].timeout.previous = before }
  }

  /// One heap of two: the later root becomes the first child of the earlier.
  private func merge(_ one: UInt32, _ other: UInt32) -> UInt32 {
    if one == TimeoutLinks.none { return other }
    if other == TimeoutLinks.none { return one }
    let (top, below) = isBefore(one, other) ? (one, other) : (other, one)
    let row = self[top].timeout.child
    if row != TimeoutLinks.none { self[row].timeout.previous = below }
    self[below].timeout.next = row
    self[below].timeout.previous = top
    self[top].timeout.child = below
    self[top].timeout.next = TimeoutLinks.none
    return top
  }

  /// One heap of a row of children: neighbours in pairs, then the pairs from the last to the first.
  private func combine(_ row: UInt32) -> UInt32 {
    var pairs = TimeoutLinks.none  // A list through `previous`, the last pair first.
    var next = row
    while next != TimeoutLinks.none {
      let one = next
      let other = self[one].timeout.next
      next = other == TimeoutLinks.none ? other : self[other].timeout.next
      self[one].timeout.next = TimeoutLinks.none
      if other != TimeoutLinks.none { self[other].timeout.next = TimeoutLinks.none }
      let pair = merge(one, other)
      self[pair].timeout.previous = pairs
      pairs = pair
    }
    var heap = TimeoutLinks.none
    while pairs != TimeoutLinks.none {
      let pair = pairs
      pairs = self[pair].timeout.previous
      self[pair].timeout.previous = TimeoutLinks.none
      heap = merge(heap, pair)
    }
    return heap
  }

  private subscript(_ node: UInt32) -> Node {
    // SAFETY: places in the heap are places in the table. Nothing is cut below 2^31.
    @inline(__always) unsafeAddress {
      unsafe UnsafePointer(nodes + Int(truncatingIfNeeded: node))
    }
    // SAFETY: likewise; the lock makes it the only access.
    @inline(__always) nonmutating unsafeMutableAddress {
      unsafe nodes + Int(truncatingIfNeeded: node)
    }
  }

  /// True when the first record leaves before the second.
  private func isBefore(_ one: UInt32, _ other: UInt32) -> Bool {
    let (a, b) = (self[one].timeout.deadline, self[other].timeout.deadline)
    guard a == b else { return a < b }
    return self[one].timeout.order < self[other].timeout.order
  }
}
