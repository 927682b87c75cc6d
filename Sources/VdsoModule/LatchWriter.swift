// The writer's half of the latch, over any memory: the target's page, or a test's that stops the
// writer at every store.

import TickHandler
import VdsoPage

/// Where the writer puts words. Each requirement is one step that a reader may come between.
protocol PageStore {
  /// Reads the 32-bit word at a byte offset that is a multiple of 4.
  func word(at offset: UInt32) -> UInt32
  /// Writes it, with exactly one store.
  func setWord(_ value: UInt32, at offset: UInt32)
  /// Orders the stores before it against the stores after it (`dmb ishst`).
  func storeBarrier()
}

/// Writes snapshots into the two banks so that a reader always finds one that is not being
/// written. Callers take turns: this is not a lock.
struct LatchWriter<Page: PageStore> {
  private let page: Page

  @inline(__always)
  init(_ page: Page) { self.page = page }

  /// Writes both banks. A coarse value may only grow between two calls, or be set: readers find the
  /// old or the new one, never parts of both.
  ///
  /// A change of the fine clocks' line (`isNewLine`) is not yet marked for readers that
  /// extrapolate: there are none in this version of the image.
  @inline(__always)
  func write(_ snapshot: borrowing TimeSnapshot) {
    // An odd count can only be what a writer left that never came back: bank 0 is then unfinished,
    // readers are on bank 1, and it is right to go on from there.
    let odd = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) | 1
    page.storeBarrier()
    page.setWord(odd, at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    page.storeBarrier()
    write(snapshot, toBank: 0)
    page.storeBarrier()
    page.setWord(odd &+ 1, at: UInt32(VDSO_OFFSET_LOCK_COUNT))  // Wrapping: only parity counts.
    page.storeBarrier()
    write(snapshot, toBank: 1)
    guard snapshot.isNewLine else { return }
    // One word that is the same ever after: it needs no bank.
    page.setWord(snapshot.tickNanoseconds, at: UInt32(VDSO_OFFSET_COARSE_RESOLUTION))
  }

  @inline(__always)
  private func write(_ snapshot: borrowing TimeSnapshot, toBank bank: UInt32) {
    let base = UInt32(VDSO_OFFSET_BANKS) &+ bank &* UInt32(VDSO_BANK_STRIDE)
    let realtime = base &+ UInt32(VDSO_BANK_REALTIME)
    let monotonic = base &+ UInt32(VDSO_BANK_MONOTONIC)
    let counter = base &+ UInt32(VDSO_BANK_COUNTER)
    write(snapshot.realtimeSeconds, snapshot.realtimeNanoseconds, at: realtime)
    write(snapshot.monotonicSeconds, snapshot.monotonicNanoseconds, at: monotonic)
    page.setWord(UInt32(truncatingIfNeeded: snapshot.counter), at: counter)
    page.setWord(UInt32(truncatingIfNeeded: snapshot.counter >> 32), at: counter &+ 4)
    // Wrapping shift: it is 22 to 31. What is above a nanosecond stands in the coarse entry.
    let fraction = 1 &<< snapshot.shift &- 1
    page.setWord(
      UInt32(truncatingIfNeeded: snapshot.realtimeShifted) & fraction,
      at: base &+ UInt32(VDSO_BANK_REALTIME_FRACTION))
    page.setWord(
      UInt32(truncatingIfNeeded: snapshot.monotonicShifted) & fraction,
      at: base &+ UInt32(VDSO_BANK_MONOTONIC_FRACTION))
    guard snapshot.isNewLine else { return }
    // The key is among what only a new line sets, so a page whose first snapshot continues a line
    // that it never saw stays without answers.
    page.setWord(UInt32(VDSO_PAGE_KEY), at: realtime &+ UInt32(VDSO_COARSE_KEY))
    page.setWord(UInt32(VDSO_PAGE_KEY), at: monotonic &+ UInt32(VDSO_COARSE_KEY))
    page.setWord(snapshot.mult, at: base &+ UInt32(VDSO_BANK_MULT))
    page.setWord(snapshot.shift, at: base &+ UInt32(VDSO_BANK_SHIFT))
    page.setWord(snapshot.mode.rawValue, at: base &+ UInt32(VDSO_BANK_MODE))
    page.setWord(snapshot.counterLimit, at: base &+ UInt32(VDSO_BANK_LIMIT))
  }

  /// The value of one coarse entry.
  @inline(__always)
  private func write(_ seconds: Int64, _ nanoseconds: UInt32, at entry: UInt32) {
    let words = UInt64(bitPattern: seconds)
    page.setWord(UInt32(truncatingIfNeeded: words), at: entry &+ UInt32(VDSO_COARSE_SECONDS))
    page.setWord(
      UInt32(truncatingIfNeeded: words >> 32), at: entry &+ UInt32(VDSO_COARSE_SECONDS) &+ 4)
    page.setWord(nanoseconds, at: entry &+ UInt32(VDSO_COARSE_NANOSECONDS))
  }
}
