// SPDX-License-Identifier: Apache-2.0

/// A relation between the events of an execution, of which there are at most 64: a bit matrix.
struct Relation: Equatable {
  /// Bit j of row i is set if event i is related to event j.
  private(set) var rows: [UInt64]

  /// The empty relation between `count` events.
  init(count: Int) { rows = Array(repeating: 0, count: count) }

  /// Whether event `first` is related to event `second`.
  subscript(_ first: Int, _ second: Int) -> Bool {
    get { rows[first] >> second & 1 != 0 }
    set {
      if newValue { rows[first] |= 1 << second } else { rows[first] &= ~(1 << second) }
    }
  }

  /// The pairs of either relation.
  static func | (left: Relation, right: Relation) -> Relation {
    var result = left
    for index in result.rows.indices { result.rows[index] |= right.rows[index] }
    return result
  }

  /// The pairs of both relations.
  static func & (left: Relation, right: Relation) -> Relation {
    var result = left
    for index in result.rows.indices { result.rows[index] &= right.rows[index] }
    return result
  }

  /// The pairs that `other` leads to from where this relation leads.
  func then(_ other: Relation) -> Relation {
    var result = Relation(count: rows.count)
    for (index, row) in rows.enumerated() {
      var left = row
      while left != 0 {
        result.rows[index] |= other.rows[left.trailingZeroBitCount]
        left &= left - 1
      }
    }
    return result
  }

  /// The relation with its pairs exchanged.
  var inverse: Relation {
    var result = Relation(count: rows.count)
    for (index, row) in rows.enumerated() {
      var left = row
      while left != 0 {
        result.rows[left.trailingZeroBitCount] |= 1 << index
        left &= left - 1
      }
    }
    return result
  }

  /// The pairs that one or more steps connect.
  var closure: Relation {
    var result = self
    for middle in rows.indices {
      for index in rows.indices where result[index, middle] {
        result.rows[index] |= result.rows[middle]
      }
    }
    return result
  }

  /// `closure`, and each event with itself.
  var reflexiveClosure: Relation {
    var result = closure
    for index in rows.indices { result[index, index] = true }
    return result
  }

  /// Whether no event is related to itself.
  var isIrreflexive: Bool { rows.indices.allSatisfy { !self[$0, $0] } }

  /// Whether no sequence of steps leads back to its beginning.
  var isAcyclic: Bool { closure.isIrreflexive }

  /// The pairs for which `condition` holds.
  func filtered(_ condition: (Int, Int) -> Bool) -> Relation {
    var result = self
    for first in rows.indices {
      for second in rows.indices where self[first, second] && !condition(first, second) {
        result[first, second] = false
      }
    }
    return result
  }
}
