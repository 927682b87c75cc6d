// SPDX-License-Identifier: Apache-2.0
/// The frame pool's record of one frame: three words, all zero for a frame that cannot be allocated
/// by itself (reserved, or inside a larger block).
///
///     word   free block                        frame or block in use
///     link   index of the next free block      reference count
///     state  31..28 order, 27..26 state, 25..0 previous free block (free) or 0 (in use)
///     owner  0                                 a word for the holder of the frame
struct FrameRecord {
  /// The state of the frame.
  enum State: UInt32 {
    /// Not the first frame of a block of the pool.
    case none = 0
    /// The first frame of a free block.
    case free = 1
    /// The first frame of a block in use.
    case used = 2
    /// A recently freed frame.
    case recent = 3
  }

  /// The index that marks the end of a list.
  static let endOfList: UInt32 = 0x03ff_ffff

  /// The index of the next free block, or the reference count.
  var link: UInt32
  private var stateWord: UInt32
  /// A word for the use of the frame's holder; 0 after allocation.
  var owner: UInt32

  /// Creates a record; `previous` is `end` or the index of a free block.
  @inline(__always)
  init(_ state: State, order: UInt32, link: UInt32, previous: UInt32 = 0) {
    self.link = link
    stateWord = order << 28 | state.rawValue << 26 | previous
    owner = 0
  }

  /// The state of the frame.
  @inline(__always)
  var state: State { State(rawValue: stateWord >> 26 & 3) ?? .none }

  /// Binary logarithm of the number of frames in the block.
  @inline(__always)
  var order: UInt32 { stateWord >> 28 }

  /// Whether a free block of exactly `order` begins here.
  @inline(__always)
  func isFree(ofOrder order: UInt32) -> Bool {
    stateWord >> 26 == order << 2 | State.free.rawValue
  }

  /// The index of the previous block in the free list, `end` for the first.
  @inline(__always)
  var previous: UInt32 {
    get { stateWord & FrameRecord.endOfList }
    set { stateWord = stateWord & ~FrameRecord.endOfList | newValue }
  }
}
