// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import VmRegion

/// Sixteen stacks in the host's memory; a word is an offset in it.
package enum TestSpace: KernelSpace {
  private static let slot = 0x4000
  private static let size = 0x40_0000
  nonisolated(unsafe) private static let memory = UnsafeMutableRawPointer.allocate(
    byteCount: size, alignment: slot)
  nonisolated(unsafe) package static var mapped: [UInt32: InlineArray<3, PhysicalFrame>] = [:]

  package static var stackCount: UInt32 { 16 }
  package static var stackSize: Int { 0x3000 }
  package static func mapStack(_ index: UInt32, pages: InlineArray<3, PhysicalFrame>)
    -> KernelAddress
  {
    precondition(mapped[index] == nil, "stack \(index) is mapped twice")
    mapped[index] = pages
    return top(of: index)
  }
  package static func unmapStack(_ index: UInt32) -> InlineArray<3, PhysicalFrame> {
    guard let pages = mapped.removeValue(forKey: index) else { fatalError("no stack \(index)") }
    return pages
  }
  package static func stack(of index: UInt32) -> UnsafeMutableRawPointer {
    memory + slot * Int(index) + 0x1000
  }
  package static var bootStack: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: stack(of: 0), count: 0x1000)
  }
  package static func callArea(of index: UInt32) -> UnsafeMutableRawPointer {
    memory + Int(top(of: index).bits)
  }
  nonisolated(unsafe) package static var kitPages: [UInt32: (frame: PhysicalFrame, isText: Bool)] =
    [:]
  package static func mapKitPage(_ page: UInt32, to frame: PhysicalFrame, isText: Bool) {
    precondition(kitPages[page].map { $0 == (frame, isText) } ?? true, "another frame")
    kitPages[page] = (frame, isText)
  }
  package static func kitPage(_ page: UInt32) -> KernelAddress {
    KernelAddress(0x1000_0000 + UInt(page) * 4096)
  }
  package static func word(of pointer: UnsafeMutableRawPointer) -> UInt32 {
    UInt32(pointer - memory)
  }
  package static func pointer(of word: UInt32) -> UnsafeMutableRawPointer { memory + Int(word) }

  /// The stack pointer of a task that has not run; the words of the entry code are above it. On the
  /// host they are longer than on the machine.
  package static func top(of index: UInt32) -> KernelAddress {
    KernelAddress(UInt(slot) * UInt(index + 1) - 32)
  }

  /// The memory after the stacks, for the values that owner words refer to.
  static var rest: UnsafeMutableRawBufferPointer {
    let stacks = slot * Int(stackCount)
    return UnsafeMutableRawBufferPointer(start: memory + stacks, count: size - stacks)
  }
}
