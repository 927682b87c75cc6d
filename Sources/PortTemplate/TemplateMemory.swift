// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import VmRegion

/// The template of an architecture's memory access. The finished examples are `LinearMap` and
/// `UserCopy`.
public enum TemplateMemory: PhysicalMemory, UserMemory {
  /// Add a constant offset, if all of RAM is mapped.
  public static func pointer(to frame: PhysicalFrame) -> UnsafeMutableRawPointer {
    Unimplemented.stop("PhysicalMemory.pointer", step: 4)
  }

  /// Use the fastest stores of the architecture.
  public static func zero(_ frame: PhysicalFrame) {
    Unimplemented.stop("PhysicalMemory.zero", step: 4)
  }

  /// Load with user permissions; the fault handler must know the instructions.
  public static func copyIn(
    _ destination: UnsafeMutableRawPointer, from range: UserRange
  ) -> Bool {
    Unimplemented.stop("UserMemory.copyIn", step: 7)
  }

  /// Store with user permissions; the fault handler must know the instructions.
  public static func copyOut(_ source: UnsafeRawPointer, to range: UserRange) -> Bool {
    Unimplemented.stop("UserMemory.copyOut", step: 7)
  }

  /// Load byte by byte with user permissions.
  public static func copyString(
    _ destination: UnsafeMutableRawPointer, from range: UserRange
  ) -> Word? {
    Unimplemented.stop("UserMemory.copyString", step: 7)
  }

  /// Use two stores with user permissions.
  public static func storeTime(
    _ seconds: UInt32, nanoseconds: UInt32, at range: UserRange
  ) -> Bool {
    Unimplemented.stop("UserMemory.storeTime", step: 7)
  }

  /// Use four stores with user permissions.
  public static func storeTime(
    low: UInt32, high: UInt32, nanoseconds: UInt32, at range: UserRange
  ) -> Bool {
    Unimplemented.stop("UserMemory.storeTime", step: 7)
  }
}

/// The template of an architecture's translation table. The finished example is
/// `ShortDescriptorTable`; `MMUContractTests` is the suite that a table must pass.
public struct TemplateTable: ProgramTable, ~Copyable {
  /// The processor of the frames' pool.
  public typealias CPU = TemplateProcessor
  /// The access to the frames of the pool.
  public typealias Memory = TemplateMemory

  /// Allocate the root of the table.
  public static func make(
    in pool: FramePool<TemplateProcessor, TemplateMemory>
  ) throws(MemoryError) -> TemplateTable {
    Unimplemented.stop("ProgramTable.make", step: 7)
  }

  /// Combine the root's address with what `activate` needs besides.
  public mutating func encode() -> UInt64 { Unimplemented.stop("ProgramTable.encode", step: 7) }

  /// A table that translates nothing.
  public init() {}

  /// Break, publish, invalidate, make.
  public mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) {
    Unimplemented.stop("MMU.map", step: 7)
  }

  /// Break, publish, invalidate.
  public mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? {
    Unimplemented.stop("MMU.unmap", step: 7)
  }

  /// Break, publish, invalidate, and make with the same frame.
  public mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    Unimplemented.stop("MMU.protect", step: 7)
  }

  /// Walk the table in software.
  public borrowing func lookup(_ page: VirtualPage) -> Translation? {
    Unimplemented.stop("MMU.lookup", step: 7)
  }

  /// Walk the table, and skip empty second levels.
  public borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? {
    Unimplemented.stop("MMU.firstMapped", step: 7)
  }

  /// Free frames that `map` has allocated, a few in each call.
  public mutating func release() -> Bool { Unimplemented.stop("MMU.release", step: 7) }
}
