// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The windows of the kernel's address space through which it accesses device registers. The
/// kernel's translation table has their state; this type selects windows for a range.
public enum DeviceWindows {
  /// The size of a window, and the alignment of the physical range that it maps, in bytes.
  public static var byteCount: UInt64 { 1 << 20 }

  /// Selects the windows for a register block: the first run in which each window is free or maps
  /// the right part of the block already. Blocks in one MiB share a window.
  ///
  /// - Parameters:
  ///   - registers: the register block.
  ///   - limit: the number of windows.
  ///   - mapped: what a window maps; nil if it is free.
  /// - Returns: the numbers of the windows.
  /// - Throws: `noWindow` if there is no such run, or the range is empty.
  public static func find(
    _ registers: PhysicalRange, limit: UInt32, mapped: (UInt32) -> PhysicalAddress?
  ) throws(DeviceError) -> Range<UInt32> {
    let base = UInt64(registers.base.word)
    let (end, overflow) = base.addingReportingOverflow(UInt64(registers.byteCount))
    guard registers.byteCount > 0, !overflow else { throw .noWindow(registers) }
    let first = base / byteCount
    let count = (end - 1) / byteCount - first + 1
    var start: UInt32 = 0
    while UInt64(start) + count <= UInt64(limit) {
      let run = start..<start + UInt32(count)
      let isUsable = run.allSatisfy { window in
        guard let address = mapped(window) else { return true }
        return UInt64(address.word) == (first + UInt64(window - start)) * byteCount
      }
      if isUsable { return run }
      start += 1
    }
    throw .noWindow(registers)
  }
}
