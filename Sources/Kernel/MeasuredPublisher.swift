#if hasFeature(Embedded)
  import PortARMv7A
  import TickHandler
  import VdsoModule

  // SAFETY: the first variable is written at boot, the second under the timekeeper's lock.
  /// The page writer, with the longest tick's update remembered where the machine counts
  /// instructions. Updates that begin a new line (a set, another rate) are rare and write more.
  struct MeasuredPublisher: TimePublisher {
    let writer: VdsoPageWriter<ARMv7A>

    // SAFETY: the first is written at boot; the second under the timekeeper's lock, and read as a
    // whole word.
    nonisolated(unsafe) private static var counts = false
    nonisolated(unsafe) private static var worst: UInt32 = 0

    /// Whether the machine counts instructions.
    @inline(__always) static var canCount: Bool { unsafe counts }

    /// Wraps a writer; at boot.
    init(_ writer: VdsoPageWriter<ARMv7A>) {
      self.writer = writer
      unsafe Self.counts = InstructionCounter.start()
    }

    /// The longest update in instructions, with the two that read the counter; nil where the
    /// machine cannot count.
    static var worstUpdate: UInt32? { canCount ? unsafe worst : nil }

    func prepareNewLine() { writer.prepareNewLine() }

    @inline(__always)
    func publish(_ snapshot: TimeSnapshot) {
      guard Self.canCount, !snapshot.isNewLine else { return writer.publish(snapshot) }
      let start = InstructionCounter.read()
      writer.publish(snapshot)
      let spent = InstructionCounter.read() &- start  // Wrapping: the counter does.
      if unsafe spent > Self.worst { unsafe Self.worst = spent }
    }
  }
#endif
