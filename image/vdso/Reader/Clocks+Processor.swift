// SPDX-License-Identifier: Apache-2.0
// Where the program runs, from the process's own page.

import VdsoPage

extension Clocks {
  /// `__vdso_getcpu`: the CPU and the node, a word each or none for NULL; there is one node.
  /// `current` is what the process's own page says. Up to 16 instructions.
  @inline(__always)
  public static func getcpu(
    _ processor: UnsafeMutableRawPointer?, _ node: UnsafeMutableRawPointer?, _ current: Int32
  ) -> Int32 {
    // SAFETY: the caller's buffers; the contract is that of the system call.
    guard current >= 0 else { return unsafe Kernel.getcpu(processor, node) }
    if let processor = unsafe processor {
      unsafe processor.assumingMemoryBound(to: Int32.self).pointee = current
    }
    if let node = unsafe node { unsafe node.assumingMemoryBound(to: Int32.self).pointee = 0 }
    return 0
  }
}
