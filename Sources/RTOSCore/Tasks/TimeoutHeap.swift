// SPDX-License-Identifier: Apache-2.0
/// Deadlines in ticks, the earliest first: a leftist heap (Crane 1972; Knuth, "The Art of Computer
/// Programming", volume 3, section 5.2.3) whose links are in the waiting records.
///
/// Of each record's two subheaps the left one has the higher rank: the length of the shortest path
/// to a missing child. So the path along right links has at most log2(n + 1) records. Insertion,
/// removal of the first and removal of any other record walk such paths only. They are O(log n)
/// each time, not only amortised, because interrupts are masked meanwhile. The heap needs no memory
/// of its own, so it is never full. Records with equal deadlines leave in the order of insertion.
/// The lock of the records' owner protects it.

/// The heap's links in one record; only the heap interprets them.
struct TimeoutLinks {
  /// The tick at which the record expires.
  var deadline: UInt64 = 0
  /// The order of insertion, which decides between equal deadlines.
  fileprivate var order: UInt64 = 0
  /// The subheaps; the left one has the higher or an equal rank.
  var left = none
  var right = none
  /// The record of whose left or right subheap this one is the root.
  var parent = none
  /// The number of records along the right links from here, at least 1.
  var rank: UInt32 = 1
  /// True while the record is in the heap.
  var isQueued = false

  /// The index of no record.
  static let none: UInt32 = .max
}

/// A record that can wait for a tick.
protocol TimedRecord {
  /// The heap's links.
  var timeout: TimeoutLinks { get set }
}

// SAFETY: indexes in the heap are valid indexes of the table of records, which outlives the heap.
/// A priority queue of records by deadline.
@safe struct TimeoutHeap<Node: TimedRecord> {
  private let nodes: UnsafeMutablePointer<Node>
  private var root = TimeoutLinks.none
  private var nextOrder: UInt64 = 0

  /// Creates an empty heap of the records in a table that outlives it.
  init(nodes: UnsafeMutablePointer<Node>) { unsafe self.nodes = nodes }

  /// The record with the earliest deadline; nil when the heap is empty.
  var first: UInt32? { root == TimeoutLinks.none ? nil : root }

  /// The earliest deadline; `UInt64.max` when the heap is empty.
  @inline(__always)
  var earliest: UInt64 {
    root == TimeoutLinks.none ? .max : self[root].timeout.deadline
  }

  /// Inserts a record that is not in the heap.
  mutating func insert(_ node: UInt32, deadline: UInt64) {
    var links = TimeoutLinks()
    links.deadline = deadline
    links.order = nextOrder
    links.isQueued = true
    nextOrder += 1
    self[node].timeout = links
    // Walk the right links past all records that leave first, those with an equal deadline
    // included. The rest of the path becomes the left subheap of the new record.
    var above = TimeoutLinks.none
    var below = root
    while below != TimeoutLinks.none, self[below].timeout.deadline <= deadline {
      above = below
      below = self[below].timeout.right
    }
    self[node].timeout.left = below
    if below != TimeoutLinks.none { self[below].timeout.parent = node }
    self[node].timeout.parent = above
    if above == TimeoutLinks.none {
      root = node
    } else {
      self[above].timeout.right = node
      rebalance(from: above)
    }
  }

  /// Removes a record; does nothing when it is not in the heap.
  @inline(never)
  mutating func remove(_ node: UInt32) {
    guard self[node].timeout.isQueued else { return }
    let rest = merge(self[node].timeout.left, self[node].timeout.right)
    let above = self[node].timeout.parent
    if rest != TimeoutLinks.none { self[rest].timeout.parent = above }
    if above == TimeoutLinks.none {
      root = rest
    } else {
      if self[above].timeout.left == node {
        self[above].timeout.left = rest
      } else {
        self[above].timeout.right = rest
      }
      rebalance(from: above)
    }
    self[node].timeout = TimeoutLinks()
  }

  /// Removes and returns the first record if its deadline is at or before `tick`.
  @inline(__always)
  mutating func takeExpired(at tick: UInt64) -> UInt32? {
    guard root != TimeoutLinks.none, self[root].timeout.deadline <= tick else {
      return nil
    }
    let node = root
    remove(node)
    return node
  }

  /// Removes and returns the first record with its deadline, if that is at or before `tick`.
  mutating func takeFirstExpired(at tick: UInt64) -> (node: UInt32, deadline: UInt64)? {
    let deadline = earliest
    guard let node = takeExpired(at: tick) else { return nil }
    return (node, deadline)
  }

  /// Merges two heaps along their right links and returns the root; the caller sets the root's
  /// parent.
  private func merge(_ one: UInt32, _ other: UInt32) -> UInt32 {
    if one == TimeoutLinks.none { return other }
    if other == TimeoutLinks.none { return one }
    let top = isBefore(one, other) ? one : other
    var last = top
    var (rest, others) = (self[top].timeout.right, top == one ? other : one)
    while rest != TimeoutLinks.none {
      if isBefore(others, rest) { swap(&others, &rest) }
      self[last].timeout.right = rest
      self[rest].timeout.parent = last
      last = rest
      rest = self[last].timeout.right
    }
    self[last].timeout.right = others
    self[others].timeout.parent = last
    // Each record on the path has a new right subheap.
    while last != top {
      _ = order(last)
      last = self[last].timeout.parent
    }
    _ = order(top)
    return top
  }

  /// Restores the order of subheaps from `node` upwards, after a change below it, until no rank
  /// changes. Ranks grow on the way up, so the walk is O(log n) too.
  private func rebalance(from node: UInt32) {
    var node = node
    while order(node), self[node].timeout.parent != TimeoutLinks.none {
      node = self[node].timeout.parent
    }
  }

  /// Puts the subheap of `node` with the higher rank on the left and recomputes the rank of `node`.
  /// Returns true when that changed.
  private func order(_ node: UInt32) -> Bool {
    let (left, right) = (self[node].timeout.left, self[node].timeout.right)
    var (most, least) = (rank(left), rank(right))
    if most < least {
      self[node].timeout.left = right
      self[node].timeout.right = left
      swap(&most, &least)
    }
    guard self[node].timeout.rank != least + 1 else { return false }
    self[node].timeout.rank = least + 1
    return true
  }

  @inline(__always)
  private func rank(_ node: UInt32) -> UInt32 {
    node == TimeoutLinks.none ? 0 : self[node].timeout.rank
  }

  private subscript(_ node: UInt32) -> Node {
    // SAFETY: indexes in the heap are valid indexes of the table. Below 2^31 nothing is truncated.
    @inline(__always) unsafeAddress {
      unsafe UnsafePointer(nodes + Int(truncatingIfNeeded: node))
    }
    // SAFETY: indexes in the heap are valid; the owner's lock makes this the only access.
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
