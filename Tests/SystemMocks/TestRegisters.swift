// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System

/// Registers that the test reads and sets.
package enum TestRegisters: UserRegisters {
  nonisolated(unsafe) package static var threadPointer: Word = 0
  nonisolated(unsafe) package static var resets = 0
  nonisolated(unsafe) package static var prepared: [(top: KernelAddress, threadPointer: Word)] = []
  /// d0 to d31 and FPSCR.
  nonisolated(unsafe) package static var floats = [UInt32](repeating: 0, count: 65)
  /// How many of these words a program of the test has.
  nonisolated(unsafe) package static var floatCount = 65

  package static func prepareStack(
    top: KernelAddress, frame: UnsafeRawPointer, threadPointer: Word
  ) -> KernelAddress {
    prepared.append((top, threadPointer))
    return KernelAddress(top.bits - 72)
  }
  package static func reset() { resets += 1 }
  package static func setThreadPointer(_ value: Word) { threadPointer = value }
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
