// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoPage

/// Whose page it is.
public struct OwnPageIdentity: Equatable, Sendable {
  /// The process's number.
  public let process: UInt32
  /// Its thread's.
  public let thread: UInt32
  /// The user that it runs for.
  public let user: UInt32

  /// An identity of its parts.
  public init(process: UInt32, thread: UInt32, user: UInt32) {
    self.process = process
    self.thread = thread
    self.user = user
  }
}

// SAFETY: the caller of `init` hands over a frame for as long as a handle is used, and offsets are
// the layout's own.
/// The writer of one process's own page of [vvar]: the kernel, each time the process's one thread is
/// given a CPU. A reader of another process never sees it.
///
/// A handle that may be copied. It has no lock: the CPU that runs the thread writes, with interrupts
/// masked or on the thread's own behalf, so that no reader runs meanwhile; a thread that was
/// interrupted in a read finds the count moved and reads again.
@safe public struct OwnPageWriter<CPU: Processor> {
  private let page: UnsafeMutableRawPointer

  /// The writer of the zeroed or used page at `page`, 4,096 bytes. Writes who it belongs to. Nothing
  /// in it may be extrapolated, and there is no CPU, until `open`.
  public init(page: UnsafeMutableRawPointer, _ identity: OwnPageIdentity) {
    unsafe self.page = page
    close()
    let store = unsafe RawPageStore<CPU>(page: page)
    store.setWord(UInt32(VDSO_PAGE_MAGIC), at: UInt32(VDSO_OFFSET_MAGIC))
    store.setWord(UInt32(VDSO_PAGE_VERSION), at: UInt32(VDSO_OFFSET_VERSION))
    store.setWord(vdso_page_size(), at: UInt32(VDSO_OFFSET_SIZE))
    store.setWord(vdso_page_layout_hash(), at: UInt32(VDSO_OFFSET_LAYOUT_HASH))
    store.setWord(identity.process, at: UInt32(VDSO_OWN_PROCESS))
    store.setWord(identity.thread, at: UInt32(VDSO_OWN_THREAD))
    store.setWord(identity.user, at: UInt32(VDSO_OWN_USER))
  }

  /// The thread is given a CPU, and its time goes on from `time`; its process's is that and what
  /// other threads had used that have ended.
  @inline(__always)
  public func publish(_ time: RunTime, ended: RunTime, _ scale: ClockScale, processor: UInt32) {
    let store = unsafe RawPageStore<CPU>(page: page)
    LatchWriter(store).write(time, ended, scale)
    store.setWord(processor, at: UInt32(VDSO_OWN_PROCESSOR))
  }

  /// The process has one thread: from now on readers extrapolate its time and find its CPU here.
  public func open(_ time: RunTime, ended: RunTime, _ scale: ClockScale, processor: UInt32) {
    let store = unsafe RawPageStore<CPU>(page: page)
    LatchWriter(store).openOwnLines(time, ended, scale)
    store.setWord(processor, at: UInt32(VDSO_OWN_PROCESSOR))
  }

  /// The process gets a second thread: from now on readers ask the kernel.
  public func close() {
    let store = unsafe RawPageStore<CPU>(page: page)
    store.setWord(UInt32(bitPattern: Int32(VDSO_NO_PROCESSOR)), at: UInt32(VDSO_OWN_PROCESSOR))
    LatchWriter(store).closeOwnLines()
  }
}

/// The two lines of a process's own page: PROCESS_CPUTIME_ID and THREAD_CPUTIME_ID, which are as far
/// apart, as long as it has one thread, as others used before they ended.
extension LatchWriter {
  /// Writes the points that the two clocks go on from.
  @inline(__always)
  func write(_ time: RunTime, _ ended: RunTime, _ scale: ClockScale) {
    let point = ClockPoint(time, scale)
    let whole = ended.isZero ? point : ClockPoint(time, and: ended, scale)
    switchBanks { bank in
      page.setPoint(whole, at: record(2, bank))
      page.setPoint(point, at: record(3, bank))
    }
  }

  /// The same with rate and reach.
  @inline(never)
  func openOwnLines(_ time: RunTime, _ ended: RunTime, _ scale: ClockScale) {
    write(time, ended, scale)
    let reach = Self.reach(limit: scale.limit, shift: scale.shift)
    switchBanks { bank in
      for clock in 2...3 as ClosedRange<UInt32> {
        setLine(mult: scale.mult, reach: reach, of: clock, inBank: bank)
      }
    }
  }

  /// Takes both clocks out of both banks.
  func closeOwnLines() {
    switchBanks { bank in
      for clock in 2...3 as ClosedRange<UInt32> {
        setLine(mult: nil, reach: 0, of: clock, inBank: bank)
      }
    }
  }
}

extension ClockPoint {
  /// The point of the sum of two, at the counter of the first.
  @inline(never)
  fileprivate init(_ time: RunTime, and ended: RunTime, _ scale: ClockScale) {
    var sum = time
    sum.add(ended, scale)
    self.init(sum, scale)
  }

  /// The point of a run time.
  @inline(__always)
  fileprivate init(_ time: RunTime, _ scale: ClockScale) {
    self.init(
      seconds: UInt64(bitPattern: time.seconds),
      // What is above a nanosecond leaves the word at the top.
      fraction: UInt32(truncatingIfNeeded: time.shifted) &<< (32 &- scale.shift),
      nanoseconds: scale.nanoseconds(time.shifted), counter: time.counter)
  }
}
