// SPDX-License-Identifier: Apache-2.0
#if arch(arm)
  import BootImage
  import RTOSCore
  import System
  import UserSpace

  /// `crash=KIND` on the kernel command line: triggers one kernel bug on purpose at the end of the
  /// boot, so that the panic path is tested (as Linux's lkdtm does).
  public enum CrashDrill {
    /// Triggers the bug that the command line names. Returns only for an unknown one.
    public static func commit<A: Architecture>(_ commandLine: CommandLine, on machine: A.Type) {
      if commandLine.has("crash=trap") { overflow() }
      if commandLine.has("crash=null") { store(to: 0x10) }
      if commandLine.has("crash=text") { store(to: boot_text_start()) }
      if commandLine.has("crash=vdso") { store(to: boot_vdso_text_start()) }
      if commandLine.has("crash=data") { execute(at: boot_data_start()) }
      if commandLine.has("crash=stack") { _ = recurse(1) }
      #if DEBUG
        if commandLine.has("crash=order") { takeOutOfOrder() }
        if commandLine.has("crash=recursion") { takeTwice() }
        if commandLine.has("crash=release") { releaseTwice(machine) }
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
      private static func releaseTwice<A: Architecture>(_ machine: A.Type) {
        _ = A.system.scheduler.switchCount
        A.system.scheduler.didStart()
      }
    #endif
  }
#endif
