// SPDX-License-Identifier: Apache-2.0
import TickHandler
import VdsoModule

/// The statistics of a `MeasuredPublisher`. 0 means that nothing was measured yet.
public struct PublisherRecord {
  fileprivate let canCount: Bool
  fileprivate var worst: UInt32 = 0
  fileprivate var worstLine: UInt32 = 0
  /// A leap second has stepped the clock, and the waiters for a time of day were not yet woken.
  fileprivate var hasLeapSecond = false
}

// SAFETY: the record changes under the timekeeper's lock only, and is read as whole words. The flag
// of a leap is a byte of its own: a tick clears it before it wakes the waiters; two leaps are a
// second apart, so none is lost, and waking twice is harmless.
/// The page writer, with statistics where the machine counts instructions. It records the longest
/// update of a tick, and the longest that starts a new line. New lines (the clock is set, or gets
/// another rate) are rare and write more.
@safe public struct MeasuredPublisher<A: Architecture>: TimePublisher {
  /// The writer of the page.
  public let writer: VdsoPageWriter<A.CPU>
  private let address: UnsafeMutablePointer<PublisherRecord>

  private var record: PublisherRecord {
    // SAFETY: the record is never freed, and changes under the timekeeper's lock only.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address) }
    // SAFETY: the record is never freed, and changes under the timekeeper's lock only.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe address }
  }

  /// Wraps a writer, and starts the instruction counter. Called at boot, with memory for the
  /// statistics that is never freed.
  public init(_ writer: VdsoPageWriter<A.CPU>, in memory: UnsafeMutablePointer<PublisherRecord>) {
    self.writer = writer
    unsafe memory.initialize(
      to: PublisherRecord(canCount: A.Control.startCountingInstructions()))
    unsafe address = memory
  }

  /// True if the machine counts instructions.
  var canCount: Bool { record.canCount }

  /// The longest update of a tick in instructions, with the two that read the counter; nil before
  /// the first one and where the machine cannot count.
  var worstUpdate: UInt32? {
    record.worst == 0 ? nil : record.worst
  }

  /// The longest update that started a new line, in instructions and without
  /// `prepareDiscontinuity`; nil before the first one.
  var worstNewLine: UInt32? {
    record.worstLine == 0 ? nil : record.worstLine
  }

  /// Stops extrapolation on the present line, before the line changes.
  public func prepareDiscontinuity() { writer.prepareDiscontinuity() }

  /// Notes a leap second; the next tick wakes the waiters for a time of day.
  public func wallClockDidLeap() { record.hasLeapSecond = true }

  /// True if a leap second has stepped the clock since the last call. Called in the tick, which
  /// then wakes the waiters for a time of day.
  @inline(__always)
  func takeLeap() -> Bool {
    guard record.hasLeapSecond else { return false }
    record.hasLeapSecond = false
    return true
  }

  /// Publishes a snapshot on the page, and records how many instructions that took.
  @inline(__always)
  public func publish(_ snapshot: TimeSnapshot) {
    guard canCount else { return writer.publish(snapshot) }
    guard !snapshot.isDiscontinuous else { return publishLine(snapshot) }
    let start = A.Control.instructionCount
    writer.publish(snapshot)
    let spent = A.Control.instructionCount &- start  // Wrapping: the counter does.
    if spent > record.worst { record.worst = spent }
  }

  @inline(never)
  private func publishLine(_ snapshot: TimeSnapshot) {
    let start = A.Control.instructionCount
    writer.publish(snapshot)
    let spent = A.Control.instructionCount &- start  // Wrapping: the counter does.
    if spent > record.worstLine { record.worstLine = spent }
  }
}
