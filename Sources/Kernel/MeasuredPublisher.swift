// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import TickHandler
  import UserSpace
  import VdsoModule

  // SAFETY: the flag is written at boot, the maxima under the timekeeper's lock.
  /// The page writer, with statistics where the machine counts instructions. It records the longest
  /// update of a tick, and the longest that starts a new line. New lines (the clock is set, or gets
  /// another rate) are rare and write more.
  struct MeasuredPublisher: TimePublisher {
    let writer: VdsoPageWriter<ARMv7A>

    // SAFETY: the first is written at boot; the others under the timekeeper's lock, and read as
    // whole words. 0 means that nothing was measured yet.
    nonisolated(unsafe) private static var counts = false
    nonisolated(unsafe) private static var worst: UInt32 = 0
    nonisolated(unsafe) private static var worstLine: UInt32 = 0

    /// True if the machine counts instructions.
    @inline(__always) static var canCount: Bool { unsafe counts }

    /// Wraps a writer, and starts the instruction counter. Called at boot.
    init(_ writer: VdsoPageWriter<ARMv7A>) {
      self.writer = writer
      unsafe Self.counts = InstructionCounter.start()
    }

    /// The longest update of a tick in instructions, with the two that read the counter; nil before
    /// the first one and where the machine cannot count.
    static var worstUpdate: UInt32? { unsafe worst == 0 ? nil : unsafe worst }

    /// The longest update that started a new line, in instructions and without `prepareNewLine`;
    /// nil before the first one.
    static var worstNewLine: UInt32? { unsafe worstLine == 0 ? nil : unsafe worstLine }

    // SAFETY: a whole byte, set under the timekeeper's lock. A tick clears it before it wakes the
    // waiters; two leaps are a second apart, so none is lost, and waking twice is harmless.
    /// A leap second has stepped the clock, and the waiters for a time of day were not yet woken.
    nonisolated(unsafe) static var hasLeapt = false

    func prepareNewLine() { writer.prepareNewLine() }

    func wallClockLeapt() { unsafe Self.hasLeapt = true }

    /// Wakes the waiters for a time of day after a leap second. Called in the interrupt, after the
    /// update.
    @inline(never)
    static func tellOfLeap() {
      unsafe hasLeapt = false
      KernelPlatform.processes.clockWasStepped()
    }

    @inline(__always)
    func publish(_ snapshot: TimeSnapshot) {
      guard Self.canCount else { return writer.publish(snapshot) }
      guard !snapshot.isNewLine else { return publishLine(snapshot) }
      let start = InstructionCounter.read()
      writer.publish(snapshot)
      let spent = InstructionCounter.read() &- start  // Wrapping: the counter does.
      if unsafe spent > Self.worst { unsafe Self.worst = spent }
    }

    @inline(never)
    private func publishLine(_ snapshot: TimeSnapshot) {
      let start = InstructionCounter.read()
      writer.publish(snapshot)
      let spent = InstructionCounter.read() &- start  // Wrapping: the counter does.
      if unsafe spent > Self.worstLine { unsafe Self.worstLine = spent }
    }
  }
#endif
