// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A path on its way through the walk, in a frame of its own, because kernel stacks are small.
/// The frame goes back with the value.
@safe struct PathBuffer<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private let pool: FramePool<CPU, Memory>
  private let frame: PhysicalFrame
  private let bytes: UnsafeMutablePointer<UInt8>
  /// What is still to be walked is `start ..< end` of the frame.
  private var start = 0
  private var end = 0

  /// Linux's PATH_MAX, with the terminating zero.
  private static var capacity: Int { 4096 }

  /// An empty path.
  init(pool: FramePool<CPU, Memory>) throws(Errno) {
    do { frame = try pool.allocateRarely(zeroed: false) } catch { throw Errno(error) }
    self.pool = pool
    // SAFETY: the frame is this value's own, and any bits are bytes.
    unsafe bytes = Memory.pointer(to: frame).bindMemory(to: UInt8.self, capacity: Self.capacity)
  }

  deinit { pool.release(frame) }

  /// Bytes left.
  var count: Int { end - start }

  /// All bytes that are left.
  var text: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      // SAFETY: the range lies in the frame, which lives as long as this value.
      let span = unsafe Span(_unsafeStart: bytes + start, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Takes the first `count` bytes away.
  mutating func drop(_ count: Int) {
    precondition(count <= self.count, "outside the path")
    start += count
  }

  /// Copies the terminated string at user `address`.
  ///
  /// - Throws: `badAddress`; `nameTooLong` where no end comes within 4,096 bytes.
  mutating func load<User: UserMemory>(from address: UInt32, _ user: User.Type) throws(Errno) {
    start = 0
    end = 0
    guard address < UserRange.limit else { throw .badAddress }
    // The least of the two first: half of all addresses are more than an Int of 32 bits counts.
    let room = Int(min(UInt32(Self.capacity), UserRange.limit - address))
    // SAFETY: the frame has room for `capacity` bytes.
    guard let count = unsafe User.copyString(bytes, from: address, room: room) else {
      throw .badAddress
    }
    // Memory may end where programs' addresses do, in the middle of a string.
    guard count < room else { throw room < Self.capacity ? .badAddress : .nameTooLong }
    end = count
  }

  /// Takes `path` from the kernel.
  mutating func load(_ path: Span<UInt8>) throws(Errno) {
    start = 0
    end = 0
    try prepend(path)
  }

  /// Puts `target` in front of what is left, a symbolic link's for instance.
  mutating func prepend(_ target: Span<UInt8>) throws(Errno) {
    let rest = count
    guard target.count + rest < Self.capacity else { throw .nameTooLong }
    // SAFETY: both ranges lie in the frame, by the check just above; they may overlap.
    unsafe UnsafeMutableRawPointer(bytes + target.count).copyMemory(
      from: bytes + start, byteCount: rest)
    for index in target.indices {
      // SAFETY: `index` is below the capacity.
      unsafe bytes[index] = target[index]
    }
    start = 0
    end = target.count + rest
  }
}
