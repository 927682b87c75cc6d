// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import BootImage
  import PortARMv7A
  import RTOSCore
  import System

  /// `crash=KIND` on the kernel command line: triggers one kernel bug on purpose at the end of the
  /// boot, so that the panic path is tested (as Linux's lkdtm does).
  enum CrashDrill {
    /// Triggers the bug that `kind` names. Returns only for an unknown kind.
    static func commit(_ kind: Span<UInt8>) {
      if matches(kind, "trap") { overflow() }
      if matches(kind, "null") { store(to: 0x10) }
      if matches(kind, "text") { store(to: boot_text_start()) }
      if matches(kind, "vdso") { store(to: boot_vdso_text_start()) }
      if matches(kind, "data") { execute(at: boot_data_start()) }
      if matches(kind, "stack") { _ = recurse(1) }
      #if DEBUG
        if matches(kind, "order") { takeOutOfOrder() }
        if matches(kind, "recursion") { takeTwice() }
        if matches(kind, "release") { releaseTwice() }
      #endif
      Log.line("crash: no such kind, going on")
    }

    @inline(never)
    private static func overflow() {
      var sum = UInt32.max - boot_text_start()
      sum += boot_text_end()
      Log.line("crash: \(sum)")
    }

    @inline(never)
    private static func store(to address: UInt32) {
      // SAFETY: deliberately unsafe; the MMU must refuse the store.
      unsafe UnsafeMutablePointer<UInt32>(bitPattern: UInt(address)).unsafelyUnwrapped.pointee = 1
    }

    @inline(never)
    private static func execute(at address: UInt32) {
      // SAFETY: deliberately unsafe; the MMU must refuse the fetch.
      let function = unsafe unsafeBitCast(address, to: (@convention(c) () -> Void).self)
      function()
    }

    @inline(never)
    private static func recurse(_ depth: UInt32) -> UInt32 {
      guard depth != 0 else { return 0 }
      var frame = InlineArray<64, UInt32>(repeating: depth)
      frame[Int(depth & 63)] = recurse(depth &+ 1)
      return frame[Int(frame[0] & 63)] &+ 1
    }

    #if DEBUG
      // Bugs that only the debug kernel detects, or detects at once.

      @inline(never)
      private static func takeOutOfOrder() {
        let outer = SpinLock<ARMv7A>(.random)
        let inner = SpinLock<ARMv7A>(.frames)
        outer.withLock {
          inner.withLock {}
        }
      }

      @inline(never)
      private static func takeTwice() {
        let lock = SpinLock<ARMv7A>(.random)
        lock.withLock {
          lock.withLock {}
        }
      }

      @inline(never)
      private static func releaseTwice() {
        _ = system.scheduler.switchCount
        system.scheduler.didStart()
      }
    #endif

    private static func matches(_ bytes: Span<UInt8>, _ text: StaticString) -> Bool {
      guard bytes.count == text.utf8CodeUnitCount else { return false }
      for index in bytes.indices {
        // SAFETY: the literal is as long as the span.
        guard unsafe bytes[index] == text.utf8Start[index] else { return false }
      }
      return true
    }
  }
#endif
