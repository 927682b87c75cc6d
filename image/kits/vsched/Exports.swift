// SPDX-License-Identifier: Apache-2.0
// The kit vsched: what the scheduler knows about the CPU on which the program runs.
//
// The kernel begins a turn when it switches a program in, and at each tick. It stores the turn's
// number, with that of the CPU, in a register and in the CPU's record. A function reads the
// register, then words of the record, then the number there. If both numbers are equal, it has read
// what was written for this program, though that may run on another CPU by then. If they differ, a
// new turn began in between, and it reads again. The answer may be old as soon as it is there: the
// program can be switched out at any time.

import KitSupport

private var page: KernelWritten<vsched_page> { KernelWritten() }

/// The record of the CPU on which the program ran when it read the number of its turn.
private struct Record {
  private let turn: UInt32
  private let words: PageArray<UInt32>

  @inline(__always)
  init() {
    turn = vsched_turn()
    words = page.words
  }

  /// The CPU's number.
  var cpu: UInt32 { turn & UInt32(VSCHED_CPUS - 1) }

  /// A word.
  @inline(__always)
  func word(_ field: Int, _ index: UInt32 = 0) -> UInt32 {
    let place = cpu &* UInt32(VSCHED_CPU_WORDS) &+ UInt32(truncatingIfNeeded: field) &+ index
    return words.load(place) ?? 0
  }

  /// Whether what was read is of this program.
  @inline(__always)
  var isOwn: Bool {
    kit_load_barrier()
    return turn &<< UInt32(VSCHED_TURN_SHIFT) == word(VSCHED_TURN)
  }
}

/// Reads the record, twice if the program was moved meanwhile; nil if the kernel has not begun a
/// turn since the kit was mapped, or the program was moved twice.
@inline(__always)
private func read(_ body: (Record) -> UInt32) -> UInt32? {
  let record = Record()
  let result = body(record)
  if record.isOwn { return result }
  let second = Record()
  let other = body(second)
  return second.isOwn ? other : nil
}

/// `read`, as the result of a function.
@inline(__always)
private func answer(_ body: (Record) -> UInt32) -> Int32 {
  guard let result = read(body) else { return KitError.busy.answer }
  return Int32(truncatingIfNeeded: result)
}

/// The CPU's number.
@c @implementation public func vsched_cpu() -> Int32 { answer { $0.cpu } }

/// The tick when the turn began, the lower half; 0 if it is not known.
@c @implementation public func vsched_tick() -> UInt32 { read { $0.word(VSCHED_TICK) } ?? 0 }

/// What is left of the program's slice, in ticks; `VSCHED_NO_END` if it has none (SCHED_FIFO).
@c @implementation public func vsched_slice() -> Int32 { answer { $0.word(VSCHED_SLICE) } }

/// The program's rank, also an inherited one.
@c @implementation public func vsched_rank() -> Int32 { answer { $0.word(VSCHED_RANK) } }

/// The program's real-time priority of Linux, 1 to 99, also an inherited one; 0 for other ranks.
@c @implementation
public func vsched_priority() -> Int32 {
  let rank = answer { $0.word(VSCHED_RANK) }
  guard rank > 11 else { return min(rank, 0) }
  return max(111 &- rank, 0)
}

/// The rank of the most urgent task that is ready on this CPU.
@c @implementation
public func vsched_first_rank() -> Int32 { answer { $0.word(VSCHED_FIRST_READY) } }

/// 1 if a task of this rank is ready on this CPU, 0 if not; an error if there is no such rank.
@c @implementation
public func vsched_is_ready(_ rank: UInt32) -> Int32 {
  guard rank <= UInt32(VSCHED_RANK_IDLE) else { return KitError.outOfRange.answer }
  guard rank > 0 else { return answer { $0.word(VSCHED_FIRST_READY) == 0 ? 1 : 0 } }
  let level = rank &- 1
  return answer { ($0.word(VSCHED_READY, level >> 5) &<< level) >> 31 }
}

/// The ticks from the beginning of the turn to the next deadline of a task that runs or is ready on
/// this CPU: 0 if it is over, `VSCHED_NO_END` without one.
@c @implementation
public func vsched_deadline() -> Int32 {
  answer { record in
    let (own, first) = (record.word(VSCHED_RANK), record.word(VSCHED_FIRST_READY))
    let now = record.word(VSCHED_TICK)
    var left = Int32(VSCHED_NO_END)
    if own == 0 { left = Int32(bitPattern: record.word(VSCHED_DEADLINE) &- now) }
    if first == 0 {
      left = min(left, Int32(bitPattern: record.word(VSCHED_FIRST_DEADLINE) &- now))
    }
    return UInt32(bitPattern: max(left, 0))
  }
}

/// Makes one system call, sched_yield, if a task that is at least as urgent is ready on this CPU,
/// and none otherwise.
///
/// - Returns: 1 after the call, 0 without one.
@c @implementation
public func vsched_yield_if_needed() -> Int32 {
  let record = Record()
  if record.word(VSCHED_RANK) < record.word(VSCHED_FIRST_READY), record.isOwn { return 0 }
  return yieldUnlessFirst()
}

/// `vsched_yield_if_needed` after a look that did not find the program before all others: a tick may
/// have begun a turn during that look, or the program is first by its deadline. A program that was
/// moved again, or is not known yet, asks the kernel.
@inline(never)
private func yieldUnlessFirst() -> Int32 {
  let record = Record()
  let (own, first) = (record.word(VSCHED_RANK), record.word(VSCHED_FIRST_READY))
  let (deadline, other) = (record.word(VSCHED_DEADLINE), record.word(VSCHED_FIRST_DEADLINE))
  let isEarlier = own == 0 && first == 0 && Int32(bitPattern: deadline &- other) < 0
  if own < first || isEarlier, record.isOwn { return 0 }
  return vsched_yield()
}
