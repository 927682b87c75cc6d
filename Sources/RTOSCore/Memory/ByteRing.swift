// SPDX-License-Identifier: Apache-2.0
/// A queue of bytes in memory of its own, for a device that is slower than the code that uses it.
/// `capacity` is a power of two, at most 2^31. A ring has no lock: its owner has one.
public struct ByteRing<let capacity: Int>: ~Copyable {
  private var bytes = InlineArray<capacity, UInt8>(repeating: 0)
  // Numbers of bytes since the start; they wrap. A byte's place is its number modulo the capacity.
  private var removed: UInt32 = 0
  private var appended: UInt32 = 0
  private let pinned = Pinned()

  /// An empty ring.
  public init() {}

  /// The number of bytes in the ring.
  @inline(__always)
  public var count: UInt32 { appended &- removed }

  /// The number of bytes that fit.
  @inline(__always)
  public var room: UInt32 { UInt32(truncatingIfNeeded: capacity) &- count }

  /// The oldest byte; nil if the ring is empty.
  @inline(__always)
  public var first: UInt8? { count == 0 ? nil : bytes[place(of: removed)] }

  /// Appends a byte, for which there must be room.
  @inline(__always)
  public mutating func append(_ byte: UInt8) {
    precondition(room > 0, "no room in the ring")
    bytes[place(of: appended)] = byte
    appended &+= 1
  }

  /// Removes the oldest byte and returns it; nil if the ring is empty.
  @inline(__always)
  public mutating func removeFirst() -> UInt8? {
    guard let byte = first else { return nil }
    removed &+= 1
    return byte
  }

  @inline(__always)
  private func place(of number: UInt32) -> Int {
    Int(truncatingIfNeeded: number) & (capacity - 1)
  }
}
