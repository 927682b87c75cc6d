// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Keeps the output of the log, one element for each call of the output function.
enum LogCapture {
  nonisolated(unsafe) private(set) static var calls: [[UInt8]] = []

  /// Directs the log here and clears earlier output.
  static func start() {
    calls = []
    Log.setOutput { bytes, count, _ in
      LogCapture.calls.append(Array(UnsafeBufferPointer(start: bytes, count: count)))
    }
  }

  /// The calls as text, line feeds included.
  static var lines: [String] { calls.map { String(decoding: $0, as: UTF8.self) } }
}
