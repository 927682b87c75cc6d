// SPDX-License-Identifier: Apache-2.0
@testable import System

/// C code that remembers its ticks, and which tasks were ready when each came.
enum TestCode {
  nonisolated(unsafe) static var ticks: [UInt64] = []
  nonisolated(unsafe) static var hasTimers = false
  nonisolated(unsafe) static var atTick: () -> Void = {}
  /// The rows of each text, by its number.
  nonisolated(unsafe) static var rows: [UInt32: [UInt32: String]] = [:]

  static func reset() { (ticks, hasTimers, atTick, rows) = ([], false, {}, [:]) }

  static var hooks: KernelHooks {
    var hooks = KernelHooks()
    hooks.tick = { count in
      TestCode.ticks.append(count)
      TestCode.atTick()
    }
    hooks.hasTimers = { TestCode.hasTimers }
    hooks.row = { text, index, bytes, room in
      guard let rows = TestCode.rows[text], index <= rows.keys.max() ?? 0 else { return 0 }
      guard let row = rows[index]?.utf8.prefix(room) else { return -1 }
      for (place, byte) in row.enumerated() { bytes[place] = byte }
      return row.count
    }
    return hooks
  }
}
