// SPDX-License-Identifier: Apache-2.0
import System

/// A console of two arrays.
package enum TestConsole: SystemConsole {
  nonisolated(unsafe) package static var output: [UInt8] = []
  nonisolated(unsafe) package static var input: [UInt8] = []

  package static func put(_ byte: UInt8) { output.append(byte) }
  package static func get() -> UInt8? { input.isEmpty ? nil : input.removeFirst() }
}
