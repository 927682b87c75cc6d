// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// /proc/PID/limits, and the texts that a program may write.
extension Proc {
  /// A line for each resource, in Linux's format.
  static func describeLimits(of process: ProcessID, to window: inout TextWindow) {
    guard P.limit(0, of: process) != nil else { return }
    window.text("Limit                     Soft Limit           Hard Limit           Units     \n")
    for number in 0..<16 {
      let (name, unit) = limitName(number)
      guard let limit = P.limit(number, of: process) else { return }
      window.column(name, width: 25)
      column(limit.soft, to: &window)
      column(limit.hard, to: &window)
      if unit.utf8CodeUnitCount > 0 { window.column(unit, width: 9) }
      window.text("\n")
    }
  }

  @inline(never)
  private static func column(_ limit: Word, to window: inout TextWindow) {
    if limit == .max { return window.column("unlimited", width: 20) }
    let start = window.length
    window.decimal(UInt64(limit))
    window.blanks(21 - Int(window.length - start))
  }

  private static func limitName(_ number: Int) -> (name: StaticString, unit: StaticString) {
    switch number {
    case 0: ("Max cpu time", "seconds")
    case 1: ("Max file size", "bytes")
    case 2: ("Max data size", "bytes")
    case 3: ("Max stack size", "bytes")
    case 4: ("Max core file size", "bytes")
    case 5: ("Max resident set", "bytes")
    case 6: ("Max processes", "processes")
    case 7: ("Max open files", "files")
    case 8: ("Max locked memory", "bytes")
    case 9: ("Max address space", "bytes")
    case 10: ("Max file locks", "locks")
    case 11: ("Max pending signals", "signals")
    case 12: ("Max msgqueue size", "bytes")
    case 13: ("Max nice priority", "")
    case 14: ("Max realtime priority", "")
    default: ("Max realtime timeout", "us")
    }
  }

  /// Sets the name of a thread of the running process: up to 15 bytes, or those before the first
  /// zero.
  static func takeName(_ buffer: UserBuffer<P>, of thread: ThreadID) throws(Errno) -> Word {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    try load(buffer, to: &bytes)
    bytes[15] = 0
    var isOver = false
    for index in 0..<16 {
      if bytes[index] == 0 { isOver = true }
      if isOver { bytes[index] = 0 }
    }
    try P.setName(bytes, of: thread)
    return Word(buffer.count)
  }

  /// /proc/PID/oom_score_adj, which is only stored.
  static func describeMemoryScore(of process: ProcessID, to window: inout TextWindow) {
    var status = ProcessStatus()
    guard P.describe(process, to: &status) else { return }
    window.decimal(Int64(status.memoryScore))
    window.text("\n")
  }

  /// Sets oom_score_adj, from -1000 to 1000.
  static func takeMemoryScore(
    _ buffer: UserBuffer<P>, of process: ProcessID
  ) throws(Errno) -> Word {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    guard buffer.count < 16 else { throw .invalid }
    try load(buffer, to: &bytes)
    var end = buffer.count
    while end > 0, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    let isNegative = end > 0 && bytes[0] == UInt8(ascii: "-")
    let digits = bytes.span.extracting((isNegative ? 1 : 0)..<max(end, isNegative ? 1 : 0))
    guard let value = digits.decimal, value <= 1000 else { throw .invalid }
    try P.setMemoryScore(isNegative ? -Int32(value) : Int32(value), of: process)
    return Word(buffer.count)
  }

  /// Loads the first 16 bytes of a buffer, or all of it.
  private static func load(
    _ buffer: UserBuffer<P>, to bytes: inout InlineArray<16, UInt8>
  ) throws(Errno) {
    let part = buffer.part(from: 0, count: min(buffer.count, 16))
    _ = try part.drain { (piece) in
      for index in 0..<piece.byteCount { bytes[index] = piece.byte(at: index) ?? 0 }
    }
  }
}
