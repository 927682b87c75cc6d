// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// The console: bytes between programs and a device that interrupts when it has some or accepts
/// some.
extension UserServices {
  private typealias Buffers = ConsoleBuffers<A.Console>

  /// Moves bytes from and to the device, and wakes the threads that wait for that. Also the service
  /// of the device's interrupt.
  @inline(never)
  public static func serveConsole() {
    let events = FileEvents(rawValue: request(.transfer))
    if !events.isEmpty { consoleWaiters.wake(events, UserServices.self) }
  }

  /// Stores what has arrived.
  public static func readConsole(into bytes: inout MutableRawSpan) -> Int {
    var end = 0
    var start: Int
    repeat {
      start = end
      end = withBuffers { $0.read(into: &bytes, from: start) }
    } while end - start == Buffers.batch
    serveConsole()  // There is room again.
    return end
  }

  /// The number of bytes that have arrived.
  public static func consoleInputCount() -> UInt32 {
    serveConsole()
    return request(.countInput)
  }

  /// Whether `count` bytes can be written.
  public static func hasConsoleRoom(for count: UInt32) -> Bool { request(.findRoom, count) != 0 }

  /// Writes to the console. Waits for the device if there is no room.
  public static func writeConsole(_ bytes: RawSpan) {
    var end = 0
    while end < bytes.byteCount {
      end = withBuffers { $0.append(bytes, from: end) }
      serveConsole()  // The device gets them before there are more than it is given at once.
    }
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
    guard !A.Console.isAlone else { return A.system.console.withoutLock(body) }
    return A.system.console.withColdLock(body)
  }
}
