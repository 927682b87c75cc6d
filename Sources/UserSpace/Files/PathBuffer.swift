// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The rest of a path during a walk. It is kept in a frame because kernel stacks are small; the
/// frame is released with the value.
@safe struct PathBuffer<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private let pool: FramePool<CPU, Memory>
  private let frame: PhysicalFrame
  private let bytes: UnsafeMutablePointer<UInt8>
  /// The rest of the path is `start ..< end` of the frame.
  private var start = 0
  private var end = 0

  /// Linux's PATH_MAX, with the terminating zero.
  private static var capacity: Int { 4096 }

  /// An empty path in a new frame of `pool`.
  ///
  /// - Throws: `outOfMemory`.
  init(pool: FramePool<CPU, Memory>) throws(Errno) {
    do { frame = try pool.allocateCold(zeroed: false) } catch { throw Errno(error) }
    self.pool = pool
    // SAFETY: the frame is this value's own, and any bits are bytes.
    unsafe bytes = Memory.pointer(to: frame).bindMemory(to: UInt8.self, capacity: Self.capacity)
  }

  deinit { pool.release(frame) }

  /// Length of the rest of the path in bytes.
  var count: Int { end - start }

  /// The rest of the path.
  var text: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      // SAFETY: the range is in the frame, which lives as long as this value.
      let span = unsafe Span(_unsafeStart: bytes + start, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Removes the first `count` bytes.
  mutating func drop(_ count: Int) {
    precondition(count <= self.count, "outside the path")
    start += count
  }

  /// Replaces the path by the zero-terminated string at user `address`. A preemption point after
  /// each 256 bytes.
  ///
  /// - Throws: `badAddress`; `nameTooLong` if no terminator follows within 4,096 bytes;
  ///   `interrupted` if the thread is dying.
  mutating func load<P: FilePlatform>(from address: UserAddress, _: P.Type) throws(Errno) {
    start = 0
    end = 0
    let piece = 256
    while true {
      // Wrapping: the copy checks the address.
      let place = address &+ Word(end)
      // SAFETY: the capacity is a multiple of the piece's, and `end` is below it.
      guard let count = unsafe P.User.copyString(bytes + end, from: place, room: Word(piece)) else {
        throw .badAddress
      }
      end += Int(count)
      guard count == piece else { return }
      guard end < Self.capacity else { throw .nameTooLong }
      if P.mustEnd() { throw .interrupted }
    }
  }

  /// Replaces the path by `path`, which is kernel memory.
  ///
  /// - Throws: `nameTooLong`.
  mutating func load(_ path: Span<UInt8>) throws(Errno) {
    guard path.count < Self.capacity else { throw .nameTooLong }
    for index in path.indices {
      // SAFETY: `index` is below the capacity.
      unsafe bytes[index] = path[index]
    }
    start = 0
    end = path.count
  }

  /// Inserts what `write` writes, the target of a symbolic link, before the rest of the path.
  ///
  /// - Returns: the number of bytes inserted.
  /// - Throws: `nameTooLong`.
  mutating func prepend(_ write: (inout TextWindow) -> Void) throws(Errno) -> Int {
    let rest = count
    let place = Self.capacity - rest
    // SAFETY: the rest is moved to the end of the frame, and then to behind the text, which is in
    // front of it; ranges that overlap are copied correctly.
    unsafe UnsafeMutableRawPointer(bytes + place).copyMemory(from: bytes + start, byteCount: rest)
    var window = unsafe TextWindow(start: bytes, capacity: place, offset: 0)
    write(&window)
    let inserted = window.count
    unsafe UnsafeMutableRawPointer(bytes + inserted).copyMemory(
      from: bytes + place, byteCount: rest)
    start = 0
    end = inserted + rest
    guard end < Self.capacity, !window.hasMore else { throw .nameTooLong }
    return inserted
  }
}
