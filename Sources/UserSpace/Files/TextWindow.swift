import RTOSCore

// SAFETY: the caller of `init` hands over that many bytes for as long as the window is used.
/// A piece of a text that is generated anew for each read: what comes before the piece is counted
/// and dropped, what comes after it is dropped. So a /proc file needs no buffer for all of it.
@safe struct TextWindow: TextSink {
  private let start: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var skip: UInt64
  /// Bytes that lie in the window.
  private(set) var count = 0
  /// Whether what comes now is dropped, because it lies behind the window.
  var isFull: Bool { skip == 0 && count == capacity }
  /// Bytes generated so far, inside and outside the window.
  private(set) var length: UInt64 = 0

  /// A window over `capacity` bytes from the `offset`-th byte of the text on, kept at `start`,
  /// which outlives it.
  init(start: UnsafeMutablePointer<UInt8>, capacity: Int, offset: UInt64) {
    unsafe self.start = start
    self.capacity = capacity
    skip = offset
  }

  mutating func pass(_ count: Int) -> Bool {
    guard skip >= UInt64(count) || isFull else { return false }
    if skip > 0 { skip -= UInt64(count) }
    length &+= UInt64(count)  // Wrapping: as in `put`.
    return true
  }

  @inline(never)
  mutating func put(_ byte: UInt8) {
    length &+= 1  // Wrapping: 2^64 bytes do not come.
    if skip > 0 {
      skip -= 1
    } else if count < capacity {
      // SAFETY: `count` is below the capacity.
      unsafe start[count] = byte
      count += 1
    }
  }
}
