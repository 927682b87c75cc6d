// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The sizes of a process's memory, in pages (proc(5), /proc/PID/statm and status).
struct MemorySizes {
  var total: UInt32 = 0
  /// Pages in memory.
  var resident: UInt32 = 0
  /// Pages in memory whose frame has further references; only `Proc.sizes(of:countsShared:)` with
  /// `countsShared` counts them.
  var shared: UInt32 = 0
  /// The code of the program, and of its libraries.
  var program: UInt32 = 0
  var libraries: UInt32 = 0
  /// Writable regions, the stack included.
  var data: UInt32 = 0
  /// The stack, and the part of it that is writable.
  var stack: UInt32 = 0
  var writableStack: UInt32 = 0

  /// All code.
  var text: UInt32 { program + libraries }

  /// Adds a region. `executable` is the inode of the program's file.
  mutating func add(_ region: Region, executable: UInt32?) {
    // Wrapping: no space has 2^32 pages.
    let pages = Page.count(region.byteCount)
    total &+= pages
    let isWritable = region.permissions.contains(.write)
    if isWritable { data &+= pages }
    if case .stack = region.name {
      stack &+= pages
      if isWritable { writableStack &+= pages }
    }
    guard case .file(let path) = region.name, region.permissions.contains(.execute) else { return }
    if UInt32(path) == executable { program &+= pages } else { libraries &+= pages }
  }
}
