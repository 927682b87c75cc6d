// SPDX-License-Identifier: Apache-2.0
// Who called whom, from the frame pointers.
#if arch(arm)
  import RTOSCore

  // SAFETY: each pointer is checked to lie in the mapped part of one stack's slot before it is read.
  /// The chain of frames in Thumb code: r7 points to the saved r7, with the saved lr behind it.
  enum Backtrace {
    /// How far a backtrace goes at most: with the pc in front, what fits into one line of the log.
    private static let limit = 20

    /// Writes the return addresses, innermost first. Reads nothing outside of the 16 KiB stack
    /// slot in which the chain begins, whatever the registers hold.
    static func write(to line: inout LogLine, framePointer: UInt32) {
      let slot = framePointer & ~0x3fff
      guard slot >= 0x8000_0000 else { return }
      var frame = framePointer
      for _ in 0..<limit {
        guard frame & 3 == 0, frame & ~0x3fff == slot, frame & 0x3fff >= 0x1000,
          frame & 0x3fff <= 0x3ff8,
          let words = unsafe UnsafePointer<UInt32>(bitPattern: UInt(frame))
        else { return }
        // SAFETY: checked to lie in the mapped part of a kernel stack's slot.
        let (next, caller) = unsafe (words[0], words[1])
        guard caller >= 0x8000_0000 else { return }
        line.text(" 0x")
        // Bit 0 says Thumb; 2 back is inside of the call. Wrapping: it was not near 0.
        line.hexadecimal(caller & ~1 &- 2)
        guard next > frame else { return }  // a stack grows down, so the chain goes up
        frame = next
      }
    }
  }
#endif
