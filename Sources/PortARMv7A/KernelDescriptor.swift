// SPDX-License-Identifier: Apache-2.0
/// The short descriptors of the kernel's own table (ARM DDI 0406C, B3.5.1 and B3.5.2).
///
///     first level, section   31:20 base  19 0   18 0   17 nG  16 S   15 AP2  14:12 TEX  11:10 AP
///                            8:5 domain  4 XN   3 C    2 B    1:0 10
///     first level, table     31:10 base  8:5 domain  3 NS  2 PXN  1:0 01
///     second level, page     31:12 base  11 nG  10 S   9 AP2  8:6 TEX  5:4 AP  3 C  2 B  1 1  0 XN
///
/// The kernel's pages are global, domain 0, and not accessible to programs (AP[1:0] = 01), except
/// for the page with their helpers, which they may read and execute (AP[2:0] = 111).
/// Normal memory is write-back, write-allocate (TEX 001, C, B) and shareable; devices are shared
/// device memory (TEX 000, B).
enum KernelDescriptor {
  /// The use of a page or section, which sets its permissions and memory type.
  enum Kind {
    /// Read and execute.
    case text
    /// Read and execute, by programs as well. For pages only.
    case shared
    /// Read.
    case constant
    /// Read and write.
    case data
    /// Read and write, device memory.
    case device

    fileprivate var isReadOnly: Bool { self == .text || self == .shared || self == .constant }
    fileprivate var isExecutable: Bool { self == .text || self == .shared }
    fileprivate var isDevice: Bool { self == .device }
  }

  /// A descriptor that maps 1 MiB at `base`.
  static func section(_ base: UInt32, _ kind: Kind) -> UInt32 {
    var bits = base | 0b10 | 1 << 10
    bits |= kind.isDevice ? 1 << 2 : 1 << 16 | 1 << 12 | 1 << 3 | 1 << 2
    if kind.isReadOnly { bits |= 1 << 15 }
    if !kind.isExecutable { bits |= 1 << 4 }
    return bits
  }

  /// A first-level descriptor for the second-level table at `base`, which translates 1 MiB.
  static func table(_ base: UInt32) -> UInt32 { base | 0b01 }

  /// A descriptor that maps 4 KiB at `base`.
  static func page(_ base: UInt32, _ kind: Kind) -> UInt32 {
    var bits = base | 0b10 | 1 << 4
    bits |= kind.isDevice ? 1 << 2 : 1 << 10 | 1 << 6 | 1 << 3 | 1 << 2
    if kind.isReadOnly { bits |= 1 << 9 }
    if kind == .shared { bits |= 1 << 5 }
    if !kind.isExecutable { bits |= 1 }
    return bits
  }
}
