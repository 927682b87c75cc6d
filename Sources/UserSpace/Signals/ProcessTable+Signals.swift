// SPDX-License-Identifier: Apache-2.0
/// What became of a signal that was sent.
public enum SentSignal {
  /// Nobody wants it.
  case isDropped
  /// It waits, with what came with it.
  case waits
  /// It waits, but there was no room for what came with it.
  case waitsAlone
  /// It does not wait, because there was no room for what came with it.
  case isRefused
}

// SAFETY: places below `threadEnd` are threads; records live as long as their entries name them.
/// Signals on their way to processes and threads. Also from an interrupt, under the table's lock.
extension ProcessTable {
  /// Sends a signal to a process, or to its thread of `task` alone, and sees to it that a thread
  /// which takes it looks. One that is ignored is dropped, unless it is blocked.
  @inline(never)
  @discardableResult
  public mutating func send(
    _ info: SignalInfo, to process: UnsafeMutablePointer<Process<P>>, task: UInt32? = nil
  ) -> SentSignal {
    guard let signal = info.signal, unsafe !process.pointee.hasEnded,
      let target = unsafe task ?? taker(of: signal.bit, in: process)
    else { return .isDropped }
    let state = unsafe thread(target)
    let heldBack = unsafe state.pointee.signals.mask | state.pointee.signals.awaited
    guard unsafe heldBack & signal.bit != 0 || !process.pointee.signals[signal].drops(signal) else {
      return .isDropped
    }
    let limit = unsafe process.pointee.limits[.pendingSignals]
    let isKept: Bool
    if task == nil {
      isKept = unsafe signals.append(info, to: &process.pointee.signals.queue, limit: limit)
    } else {
      isKept = unsafe signals.append(info, to: &state.pointee.signals.queue, limit: limit)
    }
    guard isKept || !info.needsRoom else { return .isRefused }
    if unsafe state.pointee.signals.wants(signal.bit) != 0 { notify(target) }
    return isKept ? .waits : .waitsAlone
  }

  /// Lets the thread of `task` look at its signals.
  private func notify(_ task: UInt32) {
    unsafe thread(task).pointee.signals.isDue = true
    P.attend(task)
  }

  /// The thread that takes one of `signals` sent to its process: the first one of the program if it
  /// wants one, or another one that does; else the first one that there is.
  private func taker(
    of signals: UInt64, in process: UnsafeMutablePointer<Process<P>>
  ) -> UInt32? {
    var found: UInt32?
    var wants = false
    for task in 0..<UInt32(threadEnd) {
      let candidate = unsafe thread(task)
      guard unsafe candidate.pointee.process == process else { continue }
      let isWanted = unsafe candidate.pointee.signals.wants(signals) != 0
      let isMain = unsafe candidate.pointee.identifier == process.pointee.identifier
      if isMain, isWanted { return task }
      if found == nil || isWanted && !wants || isMain && !wants {
        found = task
        wants = isWanted
      }
    }
    return found
  }

  /// Finds another thread for what waits for any thread of the process, of which the running one
  /// blocks `signals` from now on, or ends.
  @inline(never)
  func hand(on signals: UInt64, of process: UnsafeMutablePointer<Process<P>>) {
    var rest = unsafe signals & process.pointee.signals.queue.pending
    while rest != 0 {
      let signal = Signal(lowestIn: rest)
      rest &= rest - 1
      guard let task = unsafe taker(of: signal.bit, in: process),
        unsafe thread(task).pointee.signals.wants(signal.bit) != 0
      else { continue }
      notify(task)
    }
  }

  /// Takes the next signal of `wanted` for the running thread: what was sent to it before what was
  /// sent to its process, faults before others, low numbers before high ones. nil if there is none.
  @inline(never)
  mutating func takeSignal(
    of wanted: UInt64, for thread: UnsafeMutablePointer<Thread<P>>
  ) -> SignalInfo? {
    guard let process = unsafe thread.pointee.process else { return nil }
    var info: SignalInfo?
    let (own, shared) = unsafe (
      thread.pointee.signals.queue.pending & wanted, process.pointee.signals.queue.pending & wanted
    )
    if own != 0 {
      let faults = own & Signal.synchronous
      let signal = Signal(lowestIn: faults == 0 ? own : faults)
      info = unsafe signals.take(signal, from: &thread.pointee.signals.queue)
    } else if shared != 0 {
      info = unsafe signals.take(Signal(lowestIn: shared), from: &process.pointee.signals.queue)
    }
    unsafe update(thread)
    guard var taken = info else { return nil }
    unsafe collectTimer(of: &taken, for: process.pointee.identifier)
    return taken
  }

  /// Looks again whether a signal is due for the running thread.
  private func update(_ thread: UnsafeMutablePointer<Thread<P>>) {
    guard let process = unsafe thread.pointee.process else { return }
    let (own, shared) = unsafe (
      thread.pointee.signals.queue.pending, process.pointee.signals.queue.pending
    )
    let isDue = unsafe thread.pointee.signals.wants(own | shared) != 0
    unsafe thread.pointee.signals.isDue = isDue
    if isDue { unsafe P.attend(thread.pointee.task) }
  }

  /// Changes what the running thread blocks and waits for.
  @inline(never)
  mutating func setMask(
    _ mask: UInt64, awaiting awaited: UInt64 = 0, of thread: UnsafeMutablePointer<Thread<P>>
  ) {
    guard let process = unsafe thread.pointee.process else { return }
    let before = unsafe thread.pointee.signals.wants(.max)
    unsafe thread.pointee.signals.mask = mask & ~Signal.unblockable
    unsafe thread.pointee.signals.awaited = awaited
    unsafe update(thread)
    let lost = unsafe before & ~thread.pointee.signals.wants(.max)
    if lost != 0 { unsafe hand(on: lost, of: process) }
  }

  /// Forgets those of `signals` that wait for the process or for one of its threads: they are
  /// ignored from now on.
  @inline(never)
  mutating func dropSignals(_ doomed: UInt64, of process: UnsafeMutablePointer<Process<P>>) {
    unsafe signals.drop(doomed, from: &process.pointee.signals.queue)
    for task in 0..<UInt32(threadEnd) {
      let candidate = unsafe thread(task)
      guard unsafe candidate.pointee.process == process else { continue }
      unsafe signals.drop(doomed, from: &candidate.pointee.signals.queue)
    }
  }
}
