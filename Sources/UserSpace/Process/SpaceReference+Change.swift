// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Long changes of an address space. One thread makes all steps of a change, with a preemption
/// point after each. Other threads that have the same memory run meanwhile, and their faults are
/// resolved. Only a call that changes the space itself waits for the end, because it could
/// interleave.
extension SpaceReference where P: Platform {
  /// Waits until no other thread is between two steps of a change. Called before each change, with
  /// the kernel lock held; afterwards it holds until the caller's first preemption point or wait.
  ///
  /// - Throws: `interrupted` if the thread is dying.
  @inline(__always)
  func awaitChange() throws(Errno) {
    if change != nil { try waitForChange() }
  }

  @inline(never)
  private func waitForChange() throws(Errno) {
    let me = P.thread
    me.pointee.wait = .change
    defer { me.pointee.wait = .nothing }
    while change != nil {
      guard !Thread<P>.isDying(me) else { throw .interrupted }
      change = ChangeInProgress(hasWaiters: true)
      P.wait(until: .max)
    }
  }

  /// Makes the steps of a change.
  ///
  /// - Returns: its result.
  /// - Throws: what the steps throw; `interrupted` if the thread is dying and the change may end.
  @inline(never)
  func complete(_ begun: SpaceChange) throws(Errno) -> UserAddress {
    var change = begun
    try advance(&change)
    guard !change.isDone else { return change.result }
    beginSteps()
    defer { endSteps() }
    repeat {
      P.preemptionPoint()
      if change.mayEnd, Thread<P>.isDying(P.thread) { throw .interrupted }
      try advance(&change)
    } while !change.isDone
    return change.result
  }

  @inline(never)
  private func advance(_ change: inout SpaceChange) throws(Errno) {
    do throws(MemoryError) { try space.advance(&change) } catch { throw Errno(error) }
  }

  /// Makes a copy-on-write copy, with preemption points.
  ///
  /// - Throws: `outOfMemory`; `interrupted` if the thread is dying.
  func copy() throws(Errno) -> SpaceReference {
    let copy: SpaceReference
    do {
      let pool = space.pool
      let table = try P.makeTable(pool)
      P.preemptionPoint()
      copy = try SpaceReference.make(table: table, pool: pool, layout: space.layout)
    } catch {
      throw Errno(error)
    }
    do throws(Errno) {
      P.preemptionPoint()
      try awaitChange()
      try fork(into: copy)
      copy.strings = strings
      copy.barriers = barriers
      P.preemptionPoint()
      return copy
    } catch {
      copy.release()
      throw error
    }
  }

  private func fork(into child: SpaceReference) throws(Errno) {
    var position: UserAddress = 0
    guard try forkStep(into: child, &position) else { return }
    beginSteps()
    defer { endSteps() }
    repeat {
      if P.mustEnd() { throw .interrupted }
    } while try forkStep(into: child, &position)
  }

  private func forkStep(
    into child: SpaceReference, _ position: inout UserAddress
  ) throws(Errno) -> Bool {
    do throws(MemoryError) {
      return try space.forkStep(into: &child.space, &position)
    } catch {
      throw Errno(error)
    }
  }

  /// Makes other threads wait before they change the space.
  func beginSteps() {
    precondition(change == nil, "two changes of a space at once")
    change = ChangeInProgress()
  }

  /// Wakes the threads that wait.
  func endSteps() {
    let hasWaiters = change?.hasWaiters ?? false
    change = nil
    guard hasWaiters else { return }
    P.processes.withLock { $0.wakeThreads(waitingFor: .change) }
  }

  /// Releases this reference. The last release frees the memory, with preemption points, then the
  /// [vvar] page and the record. No CPU may have the space active then, and no other thread may use
  /// it.
  func release() {
    guard giveUp() else { return }
    while !space.teardownStep() { P.preemptionPoint() }
    free()
  }
}
