// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The end of a child process that was forked to see code trap.
enum ChildProcess {
  /// Forks, runs `body` in the child, and returns the signal that ended it: nil when `body`
  /// returned. The child's standard error is discarded.
  static func signal(endingIn body: () -> Void) -> Int32? {
    typealias Fork = @convention(c) () -> pid_t
    // The overlay hides fork because most code must not run in a child; this child only traps.
    guard let symbol = dlsym(nil, "fork") else { return nil }
    let child = unsafeBitCast(symbol, to: Fork.self)()
    if child == 0 {
      close(2)
      restoreTraps()
      body()
      _exit(0)
    }
    var status: Int32 = 0
    guard waitpid(child, &status, 0) == child else { return nil }
    return status & 0x7f == 0 ? nil : status & 0x7f
  }

  /// Sanitizers and the runtime's backtracer may catch the trap; the child wants to die of it.
  private static func restoreTraps() {
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV] { Foundation.signal(number, SIG_DFL) }
  }
}
