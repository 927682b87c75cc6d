// SPDX-License-Identifier: Apache-2.0
import RTOSCore

extension BoardDescription {
  /// Makes the driver of the device in its role, whose registers `map` maps permanently as device
  /// memory; nil if there is no device. A device that cannot be used is passed to `report`, and
  /// counts as absent. Called once for each role, at boot.
  public func driver<D: Driver>(
    _ type: D.Type, map: (PhysicalRange) throws(DeviceError) -> D.Bank,
    report: (DeviceRole, DeviceError) -> Void
  ) -> D? {
    do {
      guard let record = try checkedRecord(D.role) else { return nil }
      return try D.make(record, map: map)
    } catch {
      report(D.role, error)
      return nil
    }
  }

  /// The device in a role. Its register blocks overlap neither each other nor main memory, which
  /// must not be mapped as device memory.
  @inline(never)
  private func checkedRecord(_ role: DeviceRole) throws(DeviceError) -> DeviceRecord? {
    guard let record = self[role] else { return nil }
    for index in 0..<record.blocks.count {
      let block = record.blocks[index]
      for other in 0..<index where block.overlaps(record.blocks[other]) { throw .overlap(block) }
      for range in 0..<memory.count where block.overlaps(memory[range]) { throw .inMemory(block) }
    }
    return record
  }
}

extension PhysicalRange {
  /// Whether both ranges, which are not empty, have a byte in common.
  fileprivate func overlaps(_ other: PhysicalRange) -> Bool {
    base.word <= other.last && other.base.word <= last
  }

  /// The last address; no overflow, because the range is inside the first 4 GiB.
  private var last: Word { base.word + (byteCount - 1) }
}
