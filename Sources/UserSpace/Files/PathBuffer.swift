// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The rest of a path during a walk.
struct PathBuffer<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private var bytes: FrameBytes<CPU, Memory>
  /// The rest of the path is `start ..< end` of the bytes.
  private var start = 0
  private var end = 0

  /// Linux's PATH_MAX, with the terminating zero.
  private static var capacity: Int { FrameBytes<CPU, Memory>.count }

  /// An empty path in a new frame of `pool`.
  ///
  /// - Throws: `outOfMemory`.
  init(pool: FramePool<CPU, Memory>) throws(Errno) {
    do { bytes = try FrameBytes(pool: pool) } catch { throw Errno(error) }
  }

  /// Length of the rest of the path in bytes.
  var count: Int { end - start }

  /// The rest of the path.
  var text: Span<UInt8> {
    @_lifetime(borrow self)
    get { bytes.span.extracting(start..<end) }
  }

  /// The first byte; nil at the end of the path.
  var first: UInt8? {
    @inline(__always) get { start < end ? bytes.span[start] : nil }
  }

  /// Removes the first `count` bytes.
  mutating func drop(_ count: Int) {
    precondition(count <= self.count, "outside the path")
    start += count
  }

  /// Replaces the path by the zero-terminated string at user `address`. A preemption point after
  /// each 128 bytes.
  ///
  /// - Throws: `badAddress`; `nameTooLong` if no terminator follows within 4,096 bytes;
  ///   `interrupted` if the thread is dying.
  mutating func load<P: FilePlatform>(from address: UserAddress, _: P.Type) throws(Errno) {
    start = 0
    end = 0
    let piece = 128
    while true {
      // Wrapping: the copy checks the address.
      let place = address &+ Word(end)
      // SAFETY: the capacity is a multiple of the piece's, and `end` is below it.
      let count = unsafe P.User.copyString(bytes.start + end, from: place, room: Word(piece))
      guard let count else { throw .badAddress }
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
    var span = bytes.mutableSpan
    for index in path.indices { span[index] = path[index] }
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
    // The rest is moved to the end of the bytes, and then to behind the text, which is in front of it.
    // SAFETY: all ranges are in the frame; ranges that overlap are copied correctly.
    let bytes = unsafe bytes.start
    unsafe (bytes + place).update(from: bytes + start, count: rest)
    var window = unsafe TextWindow(start: bytes, capacity: place, offset: 0)
    write(&window)
    let inserted = window.count
    unsafe (bytes + inserted).update(from: bytes + place, count: rest)
    start = 0
    end = inserted + rest
    guard end < Self.capacity, !window.hasMore else { throw .nameTooLong }
    return inserted
  }
}
