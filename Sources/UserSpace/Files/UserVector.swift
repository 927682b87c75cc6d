// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The memory of the running program that a message comes from or goes to: a buffer, or the pieces
/// of a vector (struct iovec), one after the other. An allegation, which each access checks; another
/// thread may change the vector meanwhile. What was moved is left behind.
struct UserVector<P: FilePlatform> {
  /// The rest of the present piece.
  private(set) var piece: UserBuffer<P>
  /// The number of bytes that are left, with those of the piece.
  private(set) var count: Int
  /// Whether all pieces are moved without a preemption point between two: up to 4,096 bytes.
  private let isShort: Bool
  private let list: UserAddress
  private var index: UInt32 = 0
  private let pieces: UInt32

  /// The bytes of a buffer.
  init(_ buffer: UserBuffer<P>) {
    piece = buffer
    count = buffer.count
    isShort = false
    (list, self.pieces) = (0, 0)
  }

  /// `count` bytes in the `pieces` of the vector at `list`.
  init(list: UserAddress, pieces: UInt32, count: Int) {
    piece = UserBuffer(address: 0, count: 0)
    self.count = count
    isShort = count <= Int(Page.size)
    (self.list, self.pieces) = (list, pieces)
  }

  /// Makes the next piece with bytes the present one, if that has none left. A preemption point
  /// after each piece of a long vector.
  ///
  /// - Throws: `badAddress`, also if another thread has shortened the vector; `interrupted` if the
  ///   thread is dying.
  @inline(never)
  mutating func advance() throws(Errno) {
    while piece.count == 0, count > 0 {
      guard index < pieces else { throw .badAddress }
      let (address, size) = try P.loadPiece(index, of: list)
      index += 1
      if !isShort, P.mustEnd() { throw .interrupted }
      let taken = Int(min(size, Word(count)))
      piece = UserBuffer(address: address, count: taken, following: count - taken)
    }
  }

  /// Leaves bytes of the piece behind, which were moved.
  mutating func leave(_ bytes: Int) {
    piece = piece.part(from: bytes, count: piece.count - bytes)
    count -= bytes
  }

  /// Loads the next `bytes`, which are not more than are left, to a frame from `start` on, or
  /// stores such bytes of it.
  ///
  /// - Throws: as `advance`.
  @inline(never)
  mutating func move(
    _ bytes: Int, _ frame: PhysicalFrame, at start: Int, isLoad: Bool
  ) throws(Errno) {
    var done = 0
    while done < bytes {
      try advance()
      let step = min(bytes - done, piece.count)
      if isLoad {
        try piece.load(to: frame, start + done, count: step, at: 0)
      } else {
        try piece.store(from: frame, start + done, count: step, at: 0)
      }
      leave(step)
      done += step
    }
  }
}
