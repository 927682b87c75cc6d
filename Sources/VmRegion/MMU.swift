// SPDX-License-Identifier: Apache-2.0
/// The hardware under the regions: one translation table, physical memory, and the CPU's own way
/// into the memory of the running program. The port implements these, the tests with mocks.

/// Why a translation table could not take a mapping.
public enum MapError: Error, Equatable, Sendable {
  /// There is no frame for a further table.
  case outOfMemory
}

/// Where a page leads.
public struct Translation: Equatable, Sendable {
  /// The frame behind the page.
  public let frame: PhysicalFrame
  /// What the table allows; no access at all when only the frame is kept.
  public let permissions: Permissions

  /// A translation of its parts.
  @inline(__always)
  public init(frame: PhysicalFrame, permissions: Permissions) {
    self.frame = frame
    self.permissions = permissions
  }
}

/// One address space's translation table. It owns its own frames, not those that it maps.
///
/// The caller holds the address space's lock. Every verb leaves table walks and TLBs of all CPUs
/// consistent when it returns: a frame that `unmap` returned is reached by nobody any more.
public protocol MMU: ~Copyable {
  /// Afterwards `page` leads to `frame`. A page that is mapped already is broken first; its old
  /// frame is the caller's business.
  ///
  /// `permissions` without any access keep the frame under the page, but every access faults.
  /// A page that becomes executable is made coherent with the instruction cache.
  ///
  /// - Throws: `outOfMemory`, with the table as it was.
  mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError)

  /// Afterwards nothing is mapped at `page`, and tables without entries are given back.
  ///
  /// - Returns: the frame that was there, nil if there was none.
  mutating func unmap(_ page: VirtualPage) -> PhysicalFrame?

  /// Changes what may be done at `page`, as `map` understands permissions. Nothing happens where
  /// nothing is mapped.
  mutating func protect(_ page: VirtualPage, _ permissions: Permissions)

  /// Afterwards the pages from `first` on and below `limit` lead in `child`, where nothing was mapped
  /// there, to where they lead here, with the same permissions; with `isPrivate` the right to write
  /// is taken away in both. `body` gets each of the frames. For fork: code is coherent already, and
  /// no CPU has the child's table active.
  ///
  /// - Throws: `outOfMemory`; what `body` has got is then shared, and nothing else.
  mutating func share(
    from first: VirtualPage, below limit: VirtualPage, with child: inout Self, isPrivate: Bool,
    _ body: (PhysicalFrame) -> Void
  ) throws(MapError)

  /// Where `page` leads, nil if nothing is mapped. O(1).
  borrowing func lookup(_ page: VirtualPage) -> Translation?

  /// The first mapped page from `page` on and below `limit`, nil if there is none. Skips what
  /// has no table in large steps, so that sparse ranges are cheap to walk.
  borrowing func firstMapped(from page: VirtualPage, below limit: VirtualPage) -> VirtualPage?

  /// Calls `body` with the frame under each mapped page from `first` on and below `limit`, in order.
  borrowing func forEachFrame(
    from first: VirtualPage, below limit: VirtualPage, _ body: (PhysicalFrame) -> Void)

  /// Gives all frames of the table itself back. Afterwards nothing is mapped, and the table must
  /// not be used again. No CPU may have it active.
  mutating func release()
}

extension MMU where Self: ~Copyable {
  /// Shares pages by the other verbs.
  public mutating func share(
    from first: VirtualPage, below limit: VirtualPage, with child: inout Self, isPrivate: Bool,
    _ body: (PhysicalFrame) -> Void
  ) throws(MapError) {
    var page = first
    while let mapped = firstMapped(from: page, below: limit) {
      page = VirtualPage(number: mapped.number + 1)
      guard let there = lookup(mapped) else { continue }
      var permissions = there.permissions
      if isPrivate, permissions.contains(.write) {
        permissions.remove(.write)
        protect(mapped, permissions)
      }
      try child.map(mapped, to: there.frame, permissions)
      body(there.frame)
    }
  }

  /// Looks at pages by the other verbs.
  public borrowing func forEachFrame(
    from first: VirtualPage, below limit: VirtualPage, _ body: (PhysicalFrame) -> Void
  ) {
    var page = first
    while let mapped = firstMapped(from: page, below: limit) {
      if let there = lookup(mapped) { body(there.frame) }
      page = VirtualPage(number: mapped.number + 1)
    }
  }
}

/// All of RAM as the kernel sees it: the linear map on the target, an array in tests.
public protocol PhysicalMemory {
  /// The first of the 4,096 bytes of `frame`, writable, aligned to the page.
  static func pointer(to frame: PhysicalFrame) -> UnsafeMutableRawPointer

  /// Fills `frame` with zeros. The port has a faster way than a loop over bytes.
  static func zero(_ frame: PhysicalFrame)
}

extension PhysicalMemory {
  /// Fills `frame` with zeros, byte by byte.
  public static func zero(_ frame: PhysicalFrame) {
    // SAFETY: a frame has as many bytes.
    unsafe pointer(to: frame).initializeMemory(
      as: UInt8.self, repeating: 0, count: Int(Page.size))
  }
}

/// The CPU's own way into the active address space. The only code that touches user addresses.
public protocol UserMemory {
  /// Copies `count` bytes at user `address` to `destination`.
  ///
  /// - Returns: false after a fault that could not be resolved; bytes before it may be copied.
  static func copyIn(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, count: Int
  ) -> Bool

  /// Copies `count` bytes at `source` to user `address`.
  ///
  /// - Returns: false after a fault that could not be resolved; bytes before it may be written.
  static func copyOut(_ source: UnsafeRawPointer, to address: UInt32, count: Int) -> Bool

  /// Copies the string at user `address` to `destination`: all up to its zero byte, which comes along,
  /// or `room` bytes where there is none among them. Nothing behind the zero is touched.
  ///
  /// - Returns: how many bytes stand before the zero, `room` without one; nil after a fault that could
  ///   not be resolved.
  static func copyString(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, room: Int
  ) -> Int?

  /// Stores a timespec of 8 bytes at user `address`, which is aligned to 4: for a clock, the port
  /// does it from registers.
  ///
  /// - Returns: false as `copyOut` does.
  static func storeTime(_ seconds: UInt32, nanoseconds: UInt32, at address: UInt32) -> Bool

  /// Stores a timespec of 16 bytes, the last four of which are 0.
  ///
  /// - Returns: false as `copyOut` does.
  static func storeTime(
    low: UInt32, high: UInt32, nanoseconds: UInt32, at address: UInt32
  ) -> Bool
}

extension UserMemory {
  /// Stores a timespec of 8 bytes by `copyOut`.
  public static func storeTime(
    _ seconds: UInt32, nanoseconds: UInt32, at address: UInt32
  ) -> Bool {
    var words = (seconds, nanoseconds)
    // SAFETY: two words lie one behind the other.
    return unsafe withUnsafeBytes(of: &words) { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe copyOut(start, to: address, count: 8)
    }
  }

  /// Stores a timespec of 16 bytes by `copyOut`.
  public static func storeTime(
    low: UInt32, high: UInt32, nanoseconds: UInt32, at address: UInt32
  ) -> Bool {
    var words = (low, high, nanoseconds, UInt32(0))
    // SAFETY: four words lie one behind the other.
    return unsafe withUnsafeBytes(of: &words) { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe copyOut(start, to: address, count: 16)
    }
  }
}
