// SPDX-License-Identifier: Apache-2.0
/// Deadlines in ticks, the earliest first: a leftist heap (Crane 1972; Knuth, "The Art of Computer
/// Programming", volume 3, section 5.2.3) whose links stand in the records that wait.
///
/// Of each record's two subheaps the left one is the deeper, counted along the shortest way out, so
/// that the way along the right ones is at most log2(n + 1) records long. Inserting, taking the
/// first out and taking any other out walk such ways only: O(log n) each time, not only on average,
/// because interrupts are masked meanwhile. It needs no memory of its own, so it is never full.
/// Equal deadlines leave in the order in which they came. Guarded by the lock of whoever owns the
/// records.

/// The links of one record; what they mean is the heap's.
struct TimeoutLinks {
  /// The tick at which it is due.
  var deadline: UInt64 = 0
  /// Order of insertion, between equal deadlines.
  fileprivate var order: UInt64 = 0
  /// The deeper subheap.
  var left = none
  var right = none
  /// The record whose subheap it leads.
  var parent = none
  /// Records along the right links from here to the end, at least 1.
  var rank: UInt32 = 1
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
    // Along the right links past all that leave before it, as those of its own deadline do, too; what
    // comes behind it is its left subheap.
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

  /// Takes a record out; nothing when it is not in the heap.
  @inline(never)
  mutating func remove(_ node: UInt32) {
    guard self[node].timeout.isSet else { return }
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

  /// One heap of two, by their right links; the parent of its root is left to the caller.
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
    // Each of them has another right subheap.
    while last != top {
      _ = order(last)
      last = self[last].timeout.parent
    }
    _ = order(top)
    return top
  }

  /// Mends the order from `node`, below which something has changed, up to where nothing changes any
  /// more: ranks grow on the way, so that it is not far either.
  private func rebalance(from node: UInt32) {
    var node = node
    while order(node), self[node].timeout.parent != TimeoutLinks.none {
      node = self[node].timeout.parent
    }
  }

  /// Puts the deeper subheap of `node` to the left and counts the rank again; true when the rank is
  /// another one now.
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
