// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A page of a pipe, with bytes that were written and not read yet.
struct PipePage {
  /// The frame, which belongs to the pipe.
  let frame: PhysicalFrame
  /// The offset of the first unread byte.
  var start: UInt16 = 0
  /// The number of unread bytes.
  var count: UInt16
  /// Whether the bytes are a packet: one read takes all of them, and no write appends to them.
  let isPacket: Bool

  /// Whether `bytes` more bytes fit behind those of the page.
  func hasRoom(for bytes: Int) -> Bool {
    !isPacket && Int(start) + Int(count) + bytes <= Int(Page.size)
  }
}

/// A pipe: bytes on their way between two ends, which are open files. It stays in place.
///
/// As on Linux, it has room for a number of pages, not of bytes: what a write brings is appended to
/// the last page if it fits there, and else begins a new one.
@safe struct Pipe {
  /// The number of pages of a new pipe.
  static var standardCapacity: Int { 16 }
  /// The greatest number of pages: a ring of them is in one frame.
  static var greatestCapacity: Int { 256 }

  /// Those who wait for either end.
  var waiters = FileWaiters(isForCalls: true)
  /// The number of open files that may read.
  var readers: UInt32 = 0
  /// The number of open files that may write.
  var writers: UInt32 = 0
  /// How often an end to read from and one to write to was opened, which the open of a FIFO waits
  /// for; at least once, so that 0 stands for none. Wrapping: only a change matters.
  var readerOpens: UInt32 = 1
  var writerOpens: UInt32 = 1
  /// A frame that was emptied, for the next page.
  var spare: PhysicalFrame?
  /// The pipe whose queue the writers wait in: this one, or for a direction of a pair of sockets the
  /// other direction. So those who wait for a socket are in one queue.
  fileprivate(set) var twin: RecordReference<Pipe>
  /// The pages, in a ring whose size is a power of two.
  private var ring: RecordTable<PipePage>
  /// The frame of the ring; nil if it is behind the pipe.
  private(set) var ringFrame: PhysicalFrame?
  /// The place of the oldest page in the ring.
  private var head = 0
  /// The number of pages with bytes.
  private(set) var count = 0
  /// How often bytes were removed. Wrapping: only a change matters.
  var removals: UInt32 = 0

  /// A pipe at `place` without ends and bytes.
  fileprivate init(at place: RecordReference<Pipe>, ring: RecordTable<PipePage>) {
    twin = place
    self.ring = ring
  }

  /// The number of pages for which there is room.
  var capacity: Int { ring.count }
  var isFull: Bool { count == capacity }
  /// The number of bytes.
  var byteCount: Int {
    var sum = 0
    for index in 0..<count { sum += Int(page(index).pointee.count) }
    return sum
  }

  /// The page at `index`, which is below `count`; the oldest one is the first.
  @inline(__always)
  func page(_ index: Int) -> RecordReference<PipePage> { ring.reference(place(of: index)) }

  /// The place in the ring of the page at `index`: from the one before the first to the one behind the
  /// last. Wrapping: the mask makes -1 the end of the ring.
  @inline(__always)
  private func place(of index: Int) -> Int { (head &+ index) & (capacity &- 1) }

  /// The newest page; nil if the pipe is empty.
  var last: RecordReference<PipePage>? { count == 0 ? nil : page(count - 1) }

  /// Appends a page, for which there must be room.
  @inline(__always)
  mutating func append(_ page: PipePage) {
    precondition(!isFull, "a page for a full pipe")
    ring[place(of: count)] = page
    count &+= 1  // Wrapping: it is not full.
  }

  /// Removes the oldest page, whose frame now belongs to the caller.
  @inline(__always)
  mutating func removeFirst() {
    head = place(of: 1)
    count &-= 1  // Wrapping: there is one.
  }

  /// Puts the first bytes of `page`, which is or was the oldest one, back before all others. If the
  /// page was removed, they are in `frame`, and there must be room for it.
  ///
  /// - Returns: whether the frame is the pipe's now.
  mutating func putBack(_ size: Int, of old: PipePage, in frame: PhysicalFrame) -> Bool {
    let bytes = UInt16(truncatingIfNeeded: size)
    guard bytes == old.count else {
      page(0).pointee.start -= bytes
      page(0).pointee.count += bytes
      return false
    }
    precondition(!isFull, "a page for a full pipe")
    head = place(of: -1)
    count += 1
    ring[head] = PipePage(frame: frame, count: bytes, isPacket: old.isPacket)
    return true
  }

  /// Moves the pages to a new ring, which has room for them, in `frame`; nil for the own ring of the
  /// slot.
  fileprivate mutating func move(to new: RecordTable<PipePage>, in frame: PhysicalFrame?) {
    for index in 0..<count { new[index] = page(index).pointee }
    (ring, ringFrame, head) = (new, frame, 0)
  }
}

/// A pipe in memory, and the ring of a pipe of standard capacity.
struct PipeSlot {
  /// The first field: its address is that of the slot.
  private var pipe: Pipe
  private var pages: InlineArray<16, PipePage>

  // SAFETY: the caller passes an unused slot, which stays in place; the pipe is its first field.
  /// Initialises an unused slot.
  @unsafe static func create(at slot: UnsafeMutablePointer<PipeSlot>) -> RecordReference<Pipe> {
    let ring = unsafe RecordTable(in: &slot.pointee.pages)
    let pipe = unsafe RecordReference(
      at: UnsafeMutableRawPointer(slot).assumingMemoryBound(to: Pipe.self))
    unsafe pipe.address.initialize(to: Pipe(at: pipe, ring: ring))
    return pipe
  }

  /// Makes two new pipes the directions of a pair of sockets.
  static func pair(_ first: RecordReference<Pipe>, _ second: RecordReference<Pipe>) {
    (first.pointee.twin, second.pointee.twin) = (second, first)
  }

  // SAFETY: a pipe is the first field of its slot.
  /// The slot of a pipe.
  @unsafe static func slot(of pipe: RecordReference<Pipe>) -> UnsafeMutablePointer<PipeSlot> {
    unsafe UnsafeMutableRawPointer(pipe.address).assumingMemoryBound(to: PipeSlot.self)
  }

  /// Gives a pipe room for `capacity` pages, a power of two that is not below their number.
  ///
  /// - Throws: `outOfMemory`; the pipe is unchanged then.
  static func resize<CPU: Processor, Memory: PhysicalMemory>(
    _ pipe: RecordReference<Pipe>, to capacity: Int, _ pool: FramePool<CPU, Memory>
  ) throws(MemoryError) {
    let old = pipe.pointee.ringFrame
    if capacity == Pipe.standardCapacity, old == nil { return }
    let frame = try pool.allocateCold(zeroed: false)
    // SAFETY: the frame is the ring's own, and has room for the greatest one.
    let ring = unsafe RecordTable<PipePage>(
      Memory.pointer(to: frame).assumingMemoryBound(to: PipePage.self), count: capacity)
    pipe.pointee.move(to: ring, in: frame)
    if let old { pool.release(old) }
  }
}
