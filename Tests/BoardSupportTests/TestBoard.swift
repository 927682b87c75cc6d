// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The drivers of the machine that `TreeBuilder.virt` describes.
enum TestBoard: Board {
  typealias Interrupts = GICv2<MappedRegisters>
  typealias Console = PL011<MappedRegisters>
  typealias Clock = PL031<MappedRegisters>

  static var consoleClock: UInt32 { 24_000_000 }
}
