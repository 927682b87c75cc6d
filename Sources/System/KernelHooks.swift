// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// SAFETY: storing function pointers accesses no memory behind them.
/// What C code of the kernel adds to ticks and texts: a function for each event, and nil
/// without one. All are nil in a kernel without C code. Module init sets them, before a program or
/// a second CPU runs (`System.setHooks`).
@safe public struct KernelHooks {
  /// Writes row `index` of a text, whose number is the raw value of a `KernelHookText`, to `bytes`,
  /// which has room for `room` bytes. Returns how many bytes the row has: -1 if it is not used, 0
  /// after the last row.
  public typealias Row =
    @convention(c) (
      _ text: UInt32, _ index: UInt32, _ bytes: UnsafeMutablePointer<UInt8>, _ room: Int
    ) -> Int

  /// The tick of this number was counted. Called in the tick's interrupt, or when an idle CPU goes
  /// on; interrupts are masked.
  public var tick: (@convention(c) (UInt64) -> Void)?
  /// True while a CPU must not stop its tick, because a software timer runs. Interrupts are masked.
  public var hasTimers: (@convention(c) () -> Bool)?
  /// Writes a row of a text in /proc. Called by tasks.
  public var row: Row?

  /// No functions.
  public init() {}
}

/// The texts to which C code adds rows. The raw value is the first argument of `KernelHooks.row`.
public enum KernelHookText: UInt32 {
  /// /proc/tasks: the name of the task whose number is the row's; none for a task that C code did
  /// not create.
  case taskNames = 0
  /// /proc/tasks: row n is of object n of C code.
  case objects = 1
}

/// The rows of C code.
extension UserServices {
  /// Writes the rows that C code adds to a text.
  @inline(never)
  static func writeHookRows(of text: KernelHookText, to sink: inout some TextSink) {
    var index: UInt32 = 0
    while writeHookRow(index, of: text, to: &sink) != 0 { index += 1 }
  }

  /// Writes one row of C code, and returns its length in bytes: -1 if it is not used, 0 after the
  /// last row.
  @inline(never)
  static func writeHookRow(
    _ index: UInt32, of text: KernelHookText, to sink: inout some TextSink
  ) -> Int {
    // SAFETY: the function writes at most as many bytes as there is room for.
    guard let row = unsafe A.system.hooks.row else { return 0 }
    var bytes = InlineArray<96, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    let count = unsafe span.withUnsafeMutableBufferPointer {
      unsafe row(text.rawValue, index, $0.baseAddress.unsafelyUnwrapped, $0.count)
    }
    if count > 0 { sink.bytes(bytes.span.extracting(first: count)) }
    return count
  }
}
