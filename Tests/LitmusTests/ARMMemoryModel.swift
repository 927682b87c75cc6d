// SPDX-License-Identifier: Apache-2.0

/// Which executions the ARMv7 architecture allows, as axioms. Source: J. Alglave, L. Maranget and
/// M. Tautschnig, "Herding cats", ACM TOPLAS 36 (2), 2014, the model of ARM; it is `arm.cat` of the
/// tool herd. The names of the relations are the article's.
enum ARMMemoryModel {
  /// Whether the model allows an execution.
  static func allows(_ execution: Execution) -> Bool {
    let (events, threads) = (execution.events, execution.threads)
    func isRead(_ event: Int) -> Bool { events[event].kind == .read }
    func isWrite(_ event: Int) -> Bool { events[event].kind == .write }
    func isExternal(_ first: Int, _ second: Int) -> Bool { threads[first] != threads[second] }

    let (po, rf, co) = (execution.order, execution.readsFrom, execution.coherence)
    let fr = rf.inverse.then(co)
    let com = rf | co | fr
    let poLoc = po.filtered {
      events[$0].location == events[$1].location && !events[$0].location.isEmpty
    }
    // Sequential consistency for each location.
    guard (poLoc | com).isAcyclic else { return false }
    // Nothing comes between an exclusive load and its successful store.
    let (fre, coe) = (fr.filtered(isExternal), co.filtered(isExternal))
    guard (execution.exclusivePairs & fre.then(coe)) == Relation(count: events.count) else {
      return false
    }

    let fences = Self.fences(execution)
    let rfe = rf.filtered(isExternal)
    let hb = preserved(execution, poLoc, rf, fre, coe, rfe) | fences | rfe
    // No value out of thin air.
    guard hb.isAcyclic else { return false }

    let many = hb.reflexiveClosure
    let base = (fences | rfe.then(fences)).then(many)
    let full = Self.fences(execution, .full)
    let prop =
      base.filtered { isWrite($0) && isWrite($1) }
      | com.reflexiveClosure.then(base.reflexiveClosure).then(full).then(many)
    // Observation, and propagation.
    return fre.then(prop).then(many).isIrreflexive && (co | prop).isAcyclic
  }

  /// The accesses that a barrier orders: `DMB` all, `DMB ST` stores.
  private static func fences(
    _ execution: Execution, _ only: LitmusTest.Barrier? = nil
  ) -> Relation {
    var result = Relation(count: execution.events.count)
    for fence in execution.events.indices {
      guard case .barrier(let barrier) = execution.events[fence].kind, barrier != .instructions,
        only == nil || barrier == only
      else { continue }
      for first in execution.events.indices where execution.order[first, fence] {
        for second in execution.events.indices where execution.order[fence, second] {
          let areStores =
            execution.events[first].kind == .write && execution.events[second].kind == .write
          if barrier == .full || areStores { result[first, second] = true }
        }
      }
    }
    return result
  }

  /// The program order that is preserved without a barrier.
  private static func preserved(
    _ execution: Execution, _ poLoc: Relation, _ rf: Relation, _ fre: Relation, _ coe: Relation,
    _ rfe: Relation
  ) -> Relation {
    let (events, threads) = (execution.events, execution.threads)
    let address = execution.dependencies(\.addressLoads)
    let control = execution.dependencies(\.branchLoads)
    let data = address | execution.dependencies(\.valueLoads)
    let internalReads = rf.filtered { threads[$0] == threads[$1] }
    var ii = data | internalReads | (poLoc & fre.then(rfe))
    var ci = execution.dependencies(\.fencedBranchLoads) | (poLoc & coe.then(rfe))
    var ic = Relation(count: events.count)
    var cc = data | control | address.then(execution.order)
    while true {
      let before = (ii, ci, ic, cc)
      (ii, ci, ic, cc) = (
        ii | ci | ic.then(ci) | ii.then(ii), ci | ci.then(ii) | cc.then(ci),
        ic | ii | cc | ic.then(cc) | ii.then(ic), cc | ci | ci.then(ic) | cc.then(cc)
      )
      if before == (ii, ci, ic, cc) { break }
    }
    return ii.filtered { events[$0].kind == .read && events[$1].kind == .read }
      | ic.filtered { events[$0].kind == .read && events[$1].kind == .write }
  }
}
