// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// How an architecture reaches memory, to be filled in. The real ones are `LinearMap` and `UserCopy`.
public enum TemplateMemory: PhysicalMemory, UserMemory {
  /// A constant offset, if all of RAM is mapped.
  public static func pointer(to frame: PhysicalFrame) -> UnsafeMutableRawPointer {
    Undone.stop("PhysicalMemory.pointer", step: 4)
  }

  /// The fastest stores that there are.
  public static func zero(_ frame: PhysicalFrame) { Undone.stop("PhysicalMemory.zero", step: 4) }

  /// Loads with the program's rights, with an entry in the fault handler.
  public static func copyIn(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, count: Int
  ) -> Bool {
    Undone.stop("UserMemory.copyIn", step: 7)
  }

  /// Stores with the program's rights.
  public static func copyOut(_ source: UnsafeRawPointer, to address: UInt32, count: Int) -> Bool {
    Undone.stop("UserMemory.copyOut", step: 7)
  }

  /// Loads byte by byte with the program's rights.
  public static func copyString(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, room: Int
  ) -> Int? {
    Undone.stop("UserMemory.copyString", step: 7)
  }

  /// Two stores.
  public static func storeTime(
    _ seconds: UInt32, nanoseconds: UInt32, at address: UInt32
  ) -> Bool {
    Undone.stop("UserMemory.storeTime", step: 7)
  }

  /// Four stores.
  public static func storeTime(
    low: UInt32, high: UInt32, nanoseconds: UInt32, at address: UInt32
  ) -> Bool {
    Undone.stop("UserMemory.storeTime", step: 7)
  }
}

/// An architecture's translation table, to be filled in. The real one is `ShortDescriptorTable`; the
/// suite that it must pass is MMUContractTests.
public struct TemplateTable: MMU, ~Copyable {
  /// A table that translates nothing.
  public init() {}

  /// Break, publish, invalidate, make.
  public mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) {
    Undone.stop("MMU.map", step: 7)
  }

  /// Break, publish, invalidate.
  public mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? {
    Undone.stop("MMU.unmap", step: 7)
  }

  /// As `map`, with the same frame.
  public mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    Undone.stop("MMU.protect", step: 7)
  }

  /// A walk in software.
  public borrowing func lookup(_ page: VirtualPage) -> Translation? {
    Undone.stop("MMU.lookup", step: 7)
  }

  /// A walk that skips empty tables.
  public borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? {
    Undone.stop("MMU.firstMapped", step: 7)
  }

  /// Each frame that `map` took.
  public mutating func release() { Undone.stop("MMU.release", step: 7) }
}
