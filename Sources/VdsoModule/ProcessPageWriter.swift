// SPDX-License-Identifier: Apache-2.0
// The writer of the process's own vvar page: its identity, and its CPU clocks as lines that a
// single-threaded process extrapolates without a system call.

import RTOSCore
import TickHandler
import VdsoPage

/// The identity of the process that a page is mapped into.
public struct ProcessPageIdentity: Equatable, Sendable {
  /// The process ID.
  public let process: UInt32
  /// The ID of its thread.
  public let thread: UInt32
  /// The user ID.
  public let user: UInt32

  /// An identity of the three IDs.
  public init(process: UInt32, thread: UInt32, user: UInt32) {
    self.process = process
    self.thread = thread
    self.user = user
  }
}

// SAFETY: the caller of `init` keeps the frame allocated while a handle is used; all offsets are
// constants of the layout.
/// Writes one process's own page of [vvar]. The kernel does so each time it switches in the only
/// thread of the process. The page is mapped into no other process.
///
/// A handle that may be copied. It has no lock: the writer is the CPU that runs the thread, with
/// interrupts masked or in the thread's own system call, so no reader runs at the same time. A
/// thread that was interrupted during a read finds a changed count and reads again.
@safe public struct ProcessPageWriter<CPU: Processor> {
  private let page: UnsafeMutableRawPointer
  private var store: PageMemory<CPU> {
    @inline(__always) get { unsafe PageMemory<CPU>(page: page) }
  }

  /// A writer of the zeroed or reused page at `page`, 4,096 bytes. Writes the identity. Until
  /// `open`, readers do not extrapolate and find no CPU number.
  public init(page: UnsafeMutableRawPointer, _ identity: ProcessPageIdentity) {
    unsafe self.page = page
    close()
    store.setWord(UInt32(VDSO_PAGE_MAGIC), at: UInt32(VDSO_OFFSET_MAGIC))
    store.setWord(UInt32(VDSO_PAGE_VERSION), at: UInt32(VDSO_OFFSET_VERSION))
    store.setWord(vdso_page_size(), at: UInt32(VDSO_OFFSET_SIZE))
    store.setWord(vdso_page_layout_hash(), at: UInt32(VDSO_OFFSET_LAYOUT_HASH))
    store.setWord(identity.process, at: UInt32(VDSO_PROCESS_PAGE_PROCESS))
    store.setWord(identity.thread, at: UInt32(VDSO_PROCESS_PAGE_THREAD))
    store.setWord(identity.user, at: UInt32(VDSO_PROCESS_PAGE_USER))
  }

  /// The thread is switched in: the points of the page are now those of `counter`.
  @inline(__always)
  public func resume(from counter: UInt64, processor: UInt32) {
    ClockRecords(store).moveProcessLines(to: counter)
    store.setWord(processor, at: UInt32(VDSO_PROCESS_PAGE_PROCESSOR))
  }

  /// The thread's CPU time runs on from `time`. The process's CPU time is the sum of that and
  /// `ended`, the CPU time of its threads that have ended.
  @inline(__always)
  public func publish(
    _ time: borrowing CPUTime, ended: borrowing CPUTime, _ scale: borrowing ClockScale
  ) {
    ClockRecords(store).write(time, ended, scale)
  }

  /// The process has one thread: from now on readers extrapolate its CPU time and read its CPU
  /// number in this page.
  public func open(_ time: CPUTime, ended: CPUTime, _ scale: ClockScale, processor: UInt32) {
    ClockRecords(store).openProcessLines(time, ended, scale)
    store.setWord(processor, at: UInt32(VDSO_PROCESS_PAGE_PROCESSOR))
  }

  /// The process gets a second thread: from now on readers make system calls.
  public func close() {
    store.setWord(
      UInt32(bitPattern: Int32(VDSO_NO_PROCESSOR)), at: UInt32(VDSO_PROCESS_PAGE_PROCESSOR))
    ClockRecords(store).closeProcessLines()
  }
}

/// The two lines of a process's own page, PROCESS_CPUTIME_ID and THREAD_CPUTIME_ID. While there is
/// one thread, their difference is constant: the CPU time of threads that have ended.
extension ClockRecords {
  /// Writes the points from which readers extrapolate the two clocks.
  @inline(never)
  func write(
    _ time: borrowing CPUTime, _ ended: borrowing CPUTime, _ scale: borrowing ClockScale
  ) {
    let point = ClockPoint(time, scale)
    let whole = ended.isZero ? point : ClockPoint(time, and: ended, scale)
    latch.write { bank in
      memory.setPoint(whole, at: record(ClockNumber.processTime, bank))
      memory.setPoint(point, at: record(ClockNumber.threadTime, bank))
    }
  }

  /// Writes the counter value of both points, whose times stay.
  @inline(__always)
  func moveProcessLines(to counter: UInt64) {
    latch.write { bank in
      setCounter(counter, at: record(ClockNumber.processTime, bank))
      setCounter(counter, at: record(ClockNumber.threadTime, bank))
    }
  }

  @inline(__always)
  private func setCounter(_ counter: UInt64, at record: UInt32) {
    let offset = record &+ UInt32(VDSO_RECORD_COUNTER)
    memory.setWord(UInt32(truncatingIfNeeded: counter), at: offset)
    memory.setWord(UInt32(truncatingIfNeeded: counter >> 32), at: offset &+ 4)
  }

  /// Writes the points of the two clocks, and their rate and extrapolation limit.
  @inline(never)
  func openProcessLines(_ time: CPUTime, _ ended: CPUTime, _ scale: ClockScale) {
    write(time, ended, scale)
    let limit = Self.limitWord(limit: scale.limit, shift: scale.shift)
    latch.write { bank in
      for clock in ClockNumber.processTime...ClockNumber.threadTime {
        setLine(mult: scale.mult, limit: limit, of: clock, inBank: bank)
      }
    }
  }

  /// Disables both clocks in both banks.
  func closeProcessLines() {
    latch.write { bank in
      for clock in ClockNumber.processTime...ClockNumber.threadTime {
        setLine(mult: nil, limit: 0, of: clock, inBank: bank)
      }
    }
  }
}

extension ClockPoint {
  /// The point of `time + ended`, at the counter value of `time`.
  @inline(__always)
  fileprivate init(
    _ time: borrowing CPUTime, and ended: borrowing CPUTime, _ scale: borrowing ClockScale
  ) {
    var sum = copy time
    sum.add(ended, scale)
    self.init(sum, scale)
  }

  /// The point of one CPU time.
  @inline(__always)
  fileprivate init(_ time: borrowing CPUTime, _ scale: borrowing ClockScale) {
    self.init(
      seconds: UInt64(bitPattern: time.seconds),
      // The shift drops the bits at and above one nanosecond.
      fraction: UInt32(truncatingIfNeeded: time.shifted) &<< (32 &- scale.shift),
      nanoseconds: scale.nanoseconds(time.shifted), counter: time.counter)
  }
}
