// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// Kits that code of the kernel calls. A kit addresses its pages relative to its code, so each gets
/// a window of the kernel's addresses in which they follow each other as in a program.
public enum KernelKits<A: Architecture> {
  /// Maps the kit of this name, which must be built into the kernel: its text to execute, and what
  /// the kernel writes in it to read. A kit has one place, so mapping it again changes nothing. Not
  /// in an interrupt handler.
  ///
  /// - Returns: the address of its ELF header, and the bytes of all of its pages.
  /// - Throws: why it is not for the kernel.
  public static func map(
    _ name: Span<UInt8>
  ) throws(KernelKitRefusal) -> (base: KernelAddress, size: UInt) {
    let kit = try KernelKit<UserServices<A>>(named: name)
    let first = kit.number * KernelKit<UserServices<A>>.mostPages
    for page in 0..<kit.pageCount {
      A.Space.mapKitPage(first + page, to: kit.frame(of: page), isText: kit.isText(page))
    }
    return (A.Space.kitPage(first), UInt(kit.pageCount) << 12)
  }
}
