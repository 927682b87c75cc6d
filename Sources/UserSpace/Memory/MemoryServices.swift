// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The types of memory and of what translates its addresses.
public protocol MemoryServices {
  /// The processor type.
  associatedtype CPU: Processor

  /// The type of translation tables.
  associatedtype Table: MMU & ~Copyable

  /// The type that gives access to physical memory.
  associatedtype Memory: PhysicalMemory

  /// Checked copies to and from the memory of the running program.
  associatedtype User: UserMemory

  /// What answers for mapped files, for address spaces.
  static var fileSource: FileSource { get }
}
