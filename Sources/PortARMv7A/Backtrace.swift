// SPDX-License-Identifier: Apache-2.0
// The call chain of the kernel, from the frame pointers.
#if arch(arm)
  import RTOSCore

  // SAFETY: each pointer is checked to lie in the mapped part of one stack's slot before it is
  // read.
  /// Walks the frames of Thumb code: r7 points to the saved r7, which the saved lr follows.
  enum Backtrace {
    /// The most frames: with the pc before them, they fit into one log line.
    private static let limit = 20

    /// Writes the return addresses, innermost first. Reads only the 16 KiB stack slot that contains
    /// `framePointer`, whatever the registers hold.
    static func write(to line: inout LogLine, framePointer: UInt32) {
      walk(framePointer) { (caller) in
        line.text(" 0x")
        line.hexadecimal(caller)
        return true
      }
    }

    #if DEBUG || WATCH
      /// The return address that is `depth` frames above the innermost one; 0 if there is none.
      static func caller(_ depth: UInt32, framePointer: UInt32) -> UInt32 {
        var (left, found) = (depth, UInt32(0))
        walk(framePointer) { (caller) in
          if left == 0 { found = caller }
          left &-= 1  // Wrapping: not used after the last one.
          return found == 0
        }
        return found
      }
    #endif

    /// Calls `body` with each return address, innermost first, until it returns false.
    @inline(__always)
    private static func walk(_ framePointer: UInt32, _ body: (_ caller: UInt32) -> Bool) {
      let slot = framePointer & ~0x3fff
      guard slot >= 0x8000_0000 else { return }
      var frame = framePointer
      for _ in 0..<limit {
        guard frame & 3 == 0, frame & ~0x3fff == slot, frame & 0x3fff >= 0x1000,
          frame & 0x3fff <= 0x3ff8,
          let words = unsafe UnsafePointer<UInt32>(bitPattern: UInt(frame))
        else { return }
        // SAFETY: the frame was checked to lie in the mapped part of a kernel stack's slot.
        let (next, caller) = unsafe (words[0], words[1])
        guard caller >= 0x8000_0000 else { return }
        // Bit 0 marks Thumb code; 2 bytes back is inside the call. Wrapping: it was not near 0.
        guard body((caller & ~1) &- 2) else { return }
        guard next > frame else { return }  // Callers are at higher addresses.
        frame = next
      }
    }
  }
#endif
