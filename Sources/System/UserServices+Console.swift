// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// The console: bytes between programs and a device that interrupts when it has some or accepts
/// some.
extension UserServices {
  private typealias Buffers = ConsoleBuffers<A.Console>

  /// Moves bytes from and to the device, wakes the threads that wait for that, and sends the signals
  /// of keys. Also the service of the device's interrupt.
  @inline(never)
  public static func serveConsole() {
    var isDone = false
    while !isDone {
      let transfer = ConsoleTransfer(word: request(.transfer))
      if let signal = transfer.signal { processes.sendForeground(signal, of: .console) }
      if !transfer.events.isEmpty { consoleWaiters.wake(transfer.events, UserServices.self) }
      isDone = !transfer.isDivided
    }
  }

  /// Whether the console is the first program's controlling terminal.
  public static var beginsWithTerminal: Bool {
    ConsoleMode(CommandLine(commandLine.text)).isTerminal
  }

  /// Stores what can be read at once: in canonical mode a line or its rest.
  public static func readConsole(into bytes: inout MutableRawSpan) -> (count: Int, isLine: Bool) {
    var (end, isLine) = (0, false)
    var start: Int
    repeat {
      start = end
      (end, isLine) = withBuffers { $0.read(into: &bytes, from: start) }
    } while end - start == Buffers.longBatch && !isLine
    serveConsole()  // There is room again.
    return (end, isLine)
  }

  /// Calls `body` with the console's line discipline, under the console's lock. Before, takes what
  /// has arrived; then moves bytes, because `body` may have made that possible.
  public static func withTerminal<Result>(_ body: (inout LineDiscipline) -> Result) -> Result {
    serveConsole()
    let result = withBuffers { body(&$0.terminal) }
    serveConsole()
    return result
  }

  /// Whether `count` bytes can be written.
  public static func hasConsoleRoom(for count: UInt32) -> Bool { request(.findRoom, count) != 0 }

  /// Writes to the console. Waits for the device if there is no room, but not if the output is
  /// stopped.
  public static func writeConsole(_ bytes: RawSpan) -> Int {
    var end = 0
    var start: Int
    repeat {
      start = end
      end = withBuffers { $0.append(bytes, from: start) }
      serveConsole()  // The device gets them before there are more than it is given at once.
    } while end < bytes.byteCount && (end > start || !withBuffers { $0.terminal.isStopped })
    return end
  }

  /// Sends a line of the kernel's log after all that was written before. Waits for the device, and
  /// may be called with any other lock held.
  public static func writeLog(_ line: Span<UInt8>) {
    var sent = 0
    while sent < line.count { sent = withBuffers { $0.send(line, from: sent) } }
  }

  /// Sends all that was written. Waits for the device, and may be called with any other lock held.
  @inline(never)
  public static func flushConsole() {
    while request(.send) != 0 {}
  }

  @inline(never)
  private static func request(_ request: ConsoleRequest, _ value: UInt32 = 0) -> UInt32 {
    withBuffers { $0.serve(request, value) }
  }

  /// Calls `body` under the lock; in a panic without it, because no other code runs then, but what
  /// was interrupted may have the lock.
  private static func withBuffers<Result>(_ body: (inout Buffers) -> Result) -> Result {
    guard !A.Console.isAlone else { return A.system.console.withoutLock { body(&$0.pointee) } }
    return A.system.console.withColdLock { body(&$0.pointee) }
  }
}
