// SPDX-License-Identifier: Apache-2.0
/// What the frame pool knows about one frame: three words, all zero for a frame that is not the
/// pool's to give (reserved, or inside a larger block).
///
///     word   free block                        frame or block in use
///     link   number of the next free block     reference count
///     state  31..28 order, 27..26 state, 25..0 previous free block (free) or 0 (in use)
///     owner  0                                 a word for whoever holds the frame
struct FrameRecord {
  /// What the record stands for.
  enum State: UInt32 {
    /// Not the first frame of any block of the pool.
    case none = 0
    /// The first frame of a free block.
    case free = 1
    /// The first frame of a block in use.
    case used = 2
  }

  /// The index that leads nowhere: the end of a list.
  static let end: UInt32 = 0x03ff_ffff

  /// Next free block, or the reference count.
  var link: UInt32
  private var stateWord: UInt32
  /// The holder's own; 0 when the frame is handed out.
  var owner: UInt32

  /// A record of its parts; `previous` is `end` or the index of a free block.
  @inline(__always)
  init(_ state: State, order: UInt32, link: UInt32, previous: UInt32 = 0) {
    self.link = link
    stateWord = order << 28 | state.rawValue << 26 | previous
    owner = 0
  }

  /// What the record stands for.
  @inline(__always)
  var state: State { State(rawValue: stateWord >> 26 & 3) ?? .none }

  /// Binary logarithm of the frames in the block.
  @inline(__always)
  var order: UInt32 { stateWord >> 28 }

  /// Whether this is a free block of exactly `order`.
  @inline(__always)
  func isFree(ofOrder order: UInt32) -> Bool {
    stateWord >> 26 == order << 2 | State.free.rawValue
  }

  /// The free block before this one in its list.
  @inline(__always)
  var previous: UInt32 {
    get { stateWord & FrameRecord.end }
    set { stateWord = stateWord & ~FrameRecord.end | newValue }
  }
}
