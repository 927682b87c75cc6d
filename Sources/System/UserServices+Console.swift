// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// The console: bytes between programs and a device that interrupts when it has some or accepts
/// some.
extension UserServices {
  private typealias Buffers = ConsoleBuffers<A.Console>

  /// Moves bytes from and to the device, and wakes the tasks that wait for that. Also the service
  /// of the device's interrupt.
  @inline(never)
  public static func serveConsole() {
    _ = request(.transfer)
    while case let task = request(.nextWoken), task != .max { wake(task) }
  }

  /// Stores what has arrived.
  public static func readConsole(into bytes: inout MutableRawSpan) -> Int {
    var done = 0
    while done < bytes.byteCount, case let byte = request(.read), byte != .max {
      bytes.storeBytes(of: UInt8(truncatingIfNeeded: byte), toByteOffset: done, as: UInt8.self)
      done += 1
    }
    serveConsole()  // There is room again.
    return done
  }

  /// The number of bytes that have arrived.
  public static func awaitConsoleInput() -> UInt32 {
    serveConsole()
    return request(.awaitInput)
  }

  /// Whether `count` bytes can be written.
  public static func awaitConsoleRoom(for count: UInt32) -> Bool { request(.awaitRoom, count) != 0 }

  /// Writes to the console.
  public static func writeConsole(_ bytes: RawSpan) {
    for index in 0..<bytes.byteCount {
      // SAFETY: the index is inside, and any byte is a valid value.
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
      _ = request(.write, UInt32(byte))
      // The device gets them before there are more than it is given at once.
      if index % Buffers.batch == Buffers.batch - 1 { serveConsole() }
    }
    serveConsole()
  }

  /// Sends a line of the kernel's log after all that was written before. Waits for the device, and
  /// may be called with any other lock held.
  public static func writeLog(_ line: Span<UInt8>) {
    var sent = 0
    while sent < line.count { sent = send(line, from: sent) }
  }

  @inline(never)
  private static func send(_ line: Span<UInt8>, from start: Int) -> Int {
    guard !A.Console.isAlone else {
      return A.system.console.withoutLock { $0.send(line, from: start) }
    }
    return A.system.console.withColdLock { $0.send(line, from: start) }
  }

  /// Sends all that was written. Waits for the device, and may be called with any other lock held.
  @inline(never)
  public static func flushConsole() {
    while request(.send) != 0 {}
  }

  /// Serves a request under the lock; in a panic without it, because no other code runs then, but
  /// what was interrupted may have the lock.
  @inline(never)
  private static func request(_ request: ConsoleRequest, _ value: UInt32 = 0) -> UInt32 {
    guard !A.Console.isAlone else {
      return A.system.console.withoutLock { $0.serve(request, value, of: task) }
    }
    return A.system.console.withColdLock { $0.serve(request, value, of: task) }
  }
}
