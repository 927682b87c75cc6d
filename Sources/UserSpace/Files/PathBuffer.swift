// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The rest of a path during a walk. Its bytes are those that the tree keeps for a path, or a new
/// frame while another call uses them.
struct PathBuffer<P: FilePlatform>: ~Copyable {
  private var bytes: FrameBytes<P.CPU, P.Memory>
  /// The rest of the path is `start ..< end` of the bytes.
  private var start = 0
  private var end = 0

  /// Linux's PATH_MAX, with the terminating zero.
  private static var capacity: Int { FrameBytes<P.CPU, P.Memory>.count }

  /// The zero-terminated string at user `address`. A preemption point after each 128 bytes.
  ///
  /// - Throws: `badAddress`; `nameTooLong` if no terminator follows within 4,096 bytes;
  ///   `interrupted` if the thread is dying; `outOfMemory`.
  @inline(never)
  static func loaded(from address: UserAddress) throws(Errno) -> PathBuffer {
    var path = try empty()
    try path.load(from: address)
    return path
  }

  /// A copy of `path`, which is kernel memory.
  ///
  /// - Throws: `nameTooLong`, `outOfMemory`.
  static func copy(of path: Span<UInt8>) throws(Errno) -> PathBuffer {
    guard path.count < capacity else { throw .nameTooLong }
    var copy = try empty()
    var span = copy.bytes.mutableSpan
    for index in path.indices { span[index] = path[index] }
    copy.end = path.count
    return copy
  }

  private init(_ bytes: consuming FrameBytes<P.CPU, P.Memory>) { self.bytes = bytes }

  /// An empty path.
  ///
  /// - Throws: `outOfMemory`.
  @inline(__always)
  private static func empty() throws(Errno) -> PathBuffer {
    if let kept = P.tree.pointee.pathBytes.take() { return PathBuffer(kept) }
    return try further()
  }

  /// An empty path in a new frame.
  ///
  /// - Throws: `outOfMemory`.
  @inline(never)
  private static func further() throws(Errno) -> PathBuffer {
    do { return PathBuffer(try FrameBytes(pool: P.tree.pointee.pool)) } catch {
      throw Errno(error)
    }
  }

  /// The tree keeps the bytes; those that it has already are freed.
  deinit { P.tree.pointee.pathBytes = consume bytes }

  /// Length of the rest of the path in bytes.
  @inline(__always)
  var count: Int { end &- start }  // Wrapping: the start is not behind the end.

  /// The rest of the path.
  var text: Span<UInt8> {
    @inline(__always) @_lifetime(borrow self)
    get {
      // SAFETY: `start` and `end` are in the bytes, in this order.
      unsafe bytes.span.extracting(unchecked: Range(uncheckedBounds: (start, end)))
    }
  }

  /// The length of the component at the start, at most 256, and the hash of its bytes. It ends with
  /// the path or before a slash.
  @inline(__always)
  func component() -> (count: Int, hash: NameHash) {
    let text = text.extracting(first: 256)
    var hash = NameHash()
    for index in text.indices {
      guard text[index] != UInt8(ascii: "/") else { return (index, hash) }
      hash.add(text[index])
    }
    return (text.count, hash)
  }

  /// The first byte; nil at the end of the path.
  var first: UInt8? {
    @inline(__always) get { count > 0 ? text[0] : nil }
  }

  /// Removes the first `count` bytes.
  mutating func drop(_ count: Int) {
    precondition(count <= self.count, "outside the path")
    start &+= count  // Wrapping: it is in the path.
  }

  /// Removes the slashes at the start, up to 64.
  ///
  /// - Returns: their number.
  @inline(__always)
  mutating func dropSlashes() -> Int {
    let count = slashes
    start &+= count  // Wrapping: they are in the path.
    return count
  }

  /// The number of slashes at the start, up to 64.
  @inline(__always)
  private var slashes: Int {
    let text = text.extracting(first: 64)
    var count = 0
    while count < text.count, text[count] == UInt8(ascii: "/") { count += 1 }
    return count
  }

  /// Loads the string at user `address`.
  private mutating func load(from address: UserAddress) throws(Errno) {
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
