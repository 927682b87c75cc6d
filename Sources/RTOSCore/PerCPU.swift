// SPDX-License-Identifier: Apache-2.0
/// A value for each CPU, by its number. Its length is the greatest number of CPUs of a machine, and
/// is defined here only: `CpuMask.limit` and `PerCPU.List` follow it. Assembly cannot, so a port
/// compares its own constant with it when it is compiled (`ProcessorArea`).
public typealias PerCPU<Element: ~Copyable> = InlineArray<8, Element>

extension CpuMask {
  /// The greatest number of CPUs of a machine. A CPU's number is below it.
  @inline(__always)
  public static var limit: UInt32 { UInt32(PerCPU<UInt8>.count) }
}
