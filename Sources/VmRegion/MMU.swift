// SPDX-License-Identifier: Apache-2.0
/// The hardware interfaces of this module: a translation table, physical memory, and access to the
/// active address space. The port implements them; tests use mocks.

/// Why a translation table refused a mapping.
public enum MapError: Error, Equatable, Sendable {
  /// No frame is free for a further table.
  case outOfMemory
}

/// What a page is mapped to.
public struct Translation: Equatable, Sendable {
  /// The frame that is mapped.
  public let frame: PhysicalFrame
  /// What the table allows; empty if the page keeps its frame but every access faults.
  public let permissions: Permissions

  /// Creates a translation.
  @inline(__always)
  public init(frame: PhysicalFrame, permissions: Permissions) {
    self.frame = frame
    self.permissions = permissions
  }
}

/// The translation table of one address space. It owns the frames of its tables, not those it maps.
///
/// The caller serialises all calls for an address space. On return from every method the table
/// walks and TLBs of all CPUs are consistent: no CPU can still access a frame that `unmap`
/// returned.
public protocol MMU: ~Copyable {
  /// Maps `page` to `frame`. An existing mapping is removed first (break before make); the caller
  /// releases its frame.
  ///
  /// With empty `permissions` the page keeps its frame, but every access faults. A page that
  /// becomes executable is made coherent with the instruction cache.
  ///
  /// - Throws: `outOfMemory`; the table is then unchanged.
  /// - Called: owner of the space.
  /// - Tested by: `testMapAndUnmapKeepTheContract`.
  mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError)

  /// Removes the mapping of `page`, and frees tables that became empty.
  ///
  /// - Returns: the frame that was mapped, nil if there was none.
  /// - Called: owner of the space.
  /// - Tested by: `testMapAndUnmapKeepTheContract`.
  mutating func unmap(_ page: VirtualPage) -> PhysicalFrame?

  /// Changes the permissions of `page`: empty ones keep the frame, and a page that becomes
  /// executable is made coherent with the instruction cache. Does nothing if `page` is not mapped.
  ///
  /// - Errors: an unmapped page is ignored.
  /// - Called: owner of the space.
  /// - Tested by: `testProtectKeepsTheContract`.
  mutating func protect(_ page: VirtualPage, _ permissions: Permissions)

  /// Copies the mappings in `first ..< limit` to `child`, whose range must be empty, with the same
  /// permissions. With `isPrivate` both tables lose write permission (copy-on-write). `body` is
  /// called with each frame. For fork: code is coherent already, and no CPU has the child's table
  /// active.
  ///
  /// - Throws: `outOfMemory`; exactly the frames that `body` was called with are then shared.
  /// - Called: owner of both spaces.
  /// - Tested by: `testShareKeepsTheContract`.
  mutating func share(
    from first: VirtualPage, below limit: VirtualPage, with child: inout Self, isPrivate: Bool,
    _ body: (PhysicalFrame) -> Void
  ) throws(MapError)

  /// The mapping of `page`, nil if it has none. O(1).
  ///
  /// - Returns: nil: nowhere.
  /// - Called: owner of the space.
  /// - Tested by: `testMapAndUnmapKeepTheContract`.
  borrowing func lookup(_ page: VirtualPage) -> Translation?

  /// The first mapped page in `page ..< limit`, nil if there is none. Ranges without a table are
  /// skipped in large steps, so that sparse ranges are cheap to walk.
  ///
  /// - Returns: nil: none.
  /// - Called: owner of the space.
  /// - Tested by: `testFirstMappedPageIsFoundInEveryRange`.
  borrowing func firstMapped(from page: VirtualPage, below limit: VirtualPage) -> VirtualPage?

  /// Frees frames of the table itself, at most 3 of them in a call, because other threads may run
  /// between two calls. After the first one the table must not be used otherwise. No CPU may have
  /// it active.
  ///
  /// - Returns: true if all frames are freed.
  /// - Called: no CPU has it active.
  /// - Tested by: `testReleaseFreesEveryFrame`.
  mutating func release() -> Bool
}

extension MMU where Self: ~Copyable {
  /// Default implementation: copies the mappings in `first ..< limit` to `child` page by page with
  /// `firstMapped`, `lookup`, `protect` and `map`.
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
}

/// The kernel's mapping of all RAM: the linear map on the target, an array in tests.
public protocol PhysicalMemory {
  /// The kernel address of `frame`: 4,096 writable bytes, page aligned.
  ///
  /// - Returns: none; only frames of RAM.
  /// - Called: any.
  /// - Tested by: `testZeroedBlockIsZeroInEveryByte`.
  static func pointer(to frame: PhysicalFrame) -> UnsafeMutableRawPointer

  /// Fills `frame` with zeros. The port implements it faster than a loop over bytes.
  ///
  /// - Called: any.
  /// - Tested by: `testZeroedBlockIsZeroInEveryByte`.
  static func zero(_ frame: PhysicalFrame)
}

extension PhysicalMemory {
  /// Calls `body` with the bytes of `frame`, which the caller holds and nothing else writes.
  @inline(__always)
  public static func withBytes<Failure: Error>(
    of frame: PhysicalFrame, _ body: (inout MutableRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: a frame is `Page.size` bytes long, and the caller holds it during the call.
    var bytes = unsafe MutableRawSpan(
      _unsafeStart: pointer(to: frame), byteCount: Int(Page.size))
    try body(&bytes)
  }

  /// Fills `frame` with zeros, byte by byte.
  public static func zero(_ frame: PhysicalFrame) {
    // SAFETY: a frame is `Page.size` bytes long.
    unsafe pointer(to: frame).initializeMemory(
      as: UInt8.self, repeating: 0, count: Int(Page.size))
  }
}
