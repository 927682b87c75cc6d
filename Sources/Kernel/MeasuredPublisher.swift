// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import TickHandler
  import UserSpace
  import VdsoModule

  // SAFETY: the first variable is written at boot, the second under the timekeeper's lock.
  /// The page writer, with the longest update remembered where the machine counts instructions: of
  /// those that a tick makes, and of those that begin a new line (a set, another rate), which are
  /// rare and write more.
  struct MeasuredPublisher: TimePublisher {
    let writer: VdsoPageWriter<ARMv7A>

    // SAFETY: the first is written at boot; the others under the timekeeper's lock, and read as
    // whole words. 0 until one was measured.
    nonisolated(unsafe) private static var counts = false
    nonisolated(unsafe) private static var worst: UInt32 = 0
    nonisolated(unsafe) private static var worstLine: UInt32 = 0

    /// Whether the machine counts instructions.
    @inline(__always) static var canCount: Bool { unsafe counts }

    /// Wraps a writer; at boot.
    init(_ writer: VdsoPageWriter<ARMv7A>) {
      self.writer = writer
      unsafe Self.counts = InstructionCounter.start()
    }

    /// The longest update of a tick in instructions, with the two that read the counter; nil where
    /// the machine cannot count, and before the first.
    static var worstUpdate: UInt32? { unsafe worst == 0 ? nil : unsafe worst }

    /// The same for updates that begin a new line, without `prepareNewLine`.
    static var worstNewLine: UInt32? { unsafe worstLine == 0 ? nil : unsafe worstLine }

    // SAFETY: a whole byte, set under the timekeeper's lock. A tick clears it before it tells; two leaps
    // are a second apart, so none is lost, and two ticks that both tell do no harm.
    /// A leap second has stepped the clock, and the waiters for a time of day have not been told.
    nonisolated(unsafe) static var hasLeapt = false

    func prepareNewLine() { writer.prepareNewLine() }

    func wallClockLeapt() { unsafe Self.hasLeapt = true }

    /// Tells the waiters for a time of day, behind an update. In the interrupt.
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
