// SPDX-License-Identifier: Apache-2.0
// The CPU that the program runs on, from the process's own page.

import VdsoPage

extension Clocks {
  /// `__vdso_getcpu`: stores the numbers of the CPU and the node, a word each, unless the pointer
  /// is NULL; there is one node, 0. `current` is the number in the process's own page; negative, it
  /// makes the system call. Returns 0 or a negative error number. Up to 16 instructions.
  @inline(__always)
  public static func getcpu(
    _ processor: UnsafeMutableRawPointer?, _ node: UnsafeMutableRawPointer?, _ current: Int32
  ) -> Int32 {
    // SAFETY: the buffers are the caller's, valid or NULL as for the system call.
    guard current >= 0 else { return unsafe Kernel.getcpu(processor, node) }
    if let processor = unsafe processor {
      unsafe processor.assumingMemoryBound(to: Int32.self).pointee = current
    }
    if let node = unsafe node { unsafe node.assumingMemoryBound(to: Int32.self).pointee = 0 }
    return 0
  }
}
