// SPDX-License-Identifier: Apache-2.0
import System

/// Registers that the test reads and sets.
package enum TestRegisters: UserRegisters {
  nonisolated(unsafe) package static var threadPointer: UInt32 = 0
  nonisolated(unsafe) package static var resets = 0
  nonisolated(unsafe) package static var prepared: [(top: UInt32, threadPointer: UInt32)] = []
  /// d0 to d31 and FPSCR.
  nonisolated(unsafe) package static var floats = [UInt32](repeating: 0, count: 65)
  /// How many of these words a program of the test has.
  nonisolated(unsafe) package static var floatCount = 65

  package static func prepareStack(
    top: UInt32, frame: UnsafeRawPointer, threadPointer: UInt32
  ) -> UInt32 {
    prepared.append((top, threadPointer))
    return top - 72
  }
  package static func reset() { resets += 1 }
  package static func setThreadPointer(_ value: UInt32) { threadPointer = value }
  package static func storeFloats(to words: UnsafeMutableRawPointer) {
    for index in 0..<floatCount {
      words.storeBytes(of: floats[index], toByteOffset: index * 4, as: UInt32.self)
    }
  }
  package static func loadFloats(from words: UnsafeRawPointer) {
    for index in 0..<floatCount {
      floats[index] = words.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)
    }
  }

  static func restart() {
    (threadPointer, resets, prepared, floatCount) = (0, 0, [], 65)
    floats = [UInt32](repeating: 0, count: 65)
  }
}
