// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A message with a boundary, in frames of its own. This is at the start of the first one, and the
/// list of the others behind it.
struct Datagram {
  /// The first frame of the next one in its queue.
  var next: PhysicalFrame?
  /// The number of bytes.
  var count = 0
  /// The priority of a message in a message queue.
  var priority: UInt32 = 0
  /// The number of frames.
  var frameCount = 1
  /// The queue, and the calls that copy from it. The last one frees it.
  var users = 1
}

/// The datagrams that a socket has got, the oldest first.
struct DatagramQueue {
  fileprivate(set) var first: PhysicalFrame?
  fileprivate var last: PhysicalFrame?
  /// The numbers of frames and bytes of all.
  fileprivate(set) var frameCount = 0
  fileprivate(set) var byteCount = 0
}

/// What is done with datagrams, which their first frames identify.
enum Datagrams<P: FilePlatform> {
  /// Where the list of further frames begins, and the bytes.
  private static var listOffset: Int { 40 }
  private static var bytesOffset: Int { 512 }

  private static var pool: FramePool<P.CPU, P.Memory> { P.memory.space.pool }

  static func header(_ first: PhysicalFrame) -> RecordReference<Datagram> {
    RecordTable<Datagram>(in: first, of: P.Memory.self).reference(0)
  }

  private static func list(_ first: PhysicalFrame) -> RecordTable<PhysicalFrame> {
    RecordTable(in: first, from: listOffset, of: P.Memory.self)
  }

  private static func newFrame() throws(Errno) -> PhysicalFrame {
    do { return try pool.allocateCold(zeroed: false) } catch { throw Errno(error) }
  }

  /// Makes a datagram of all bytes of a vector. A preemption point after each frame.
  ///
  /// - Throws: `outOfMemory`, `badAddress`, `interrupted`; nothing stays allocated then.
  @inline(never)
  static func make(from vector: inout UserVector<P>) throws(Errno) -> PhysicalFrame {
    let first = try newFrame()
    let header = header(first)
    header.pointee = Datagram()
    do throws(Errno) {
      var (frame, start) = (first, bytesOffset)
      while true {
        let count = min(Int(Page.size) - start, vector.count)
        try vector.move(count, frame, at: start, isLoad: true)
        header.pointee.count += count
        guard vector.count > 0 else { return first }
        if P.mustEnd() { throw .interrupted }
        (frame, start) = (try newFrame(), 0)
        list(first)[header.pointee.frameCount - 1] = frame
        header.pointee.frameCount += 1
      }
    } catch {
      release(first)
      throw error
    }
  }

  /// Stores as many bytes of a datagram as the vector has room for. A preemption point after each
  /// frame: the caller is a user.
  ///
  /// - Returns: the number of bytes stored.
  /// - Throws: `badAddress`, `interrupted`.
  @inline(never)
  static func store(
    _ first: PhysicalFrame, to vector: inout UserVector<P>
  ) throws(Errno) -> Int {
    let wanted = min(header(first).pointee.count, vector.count)
    var (done, index) = (0, 0)
    while done < wanted {
      let start = index == 0 ? bytesOffset : 0
      let count = min(Int(Page.size) - start, wanted - done)
      try vector.move(
        count, index == 0 ? first : list(first)[index - 1], at: start, isLoad: false)
      done += count
      index += 1
      if done < wanted, P.mustEnd() { throw .interrupted }
    }
    return done
  }

  /// Ends a use. The last one frees the datagram.
  @inline(never)
  static func release(_ first: PhysicalFrame) {
    let header = header(first)
    header.pointee.users -= 1
    guard header.pointee.users == 0 else { return }
    for index in 0..<header.pointee.frameCount - 1 { pool.release(list(first)[index]) }
    pool.release(first)
  }

  /// Appends a datagram to a queue, which becomes its user.
  static func append(_ datagram: PhysicalFrame, to queue: inout DatagramQueue) {
    if let last = queue.last {
      header(last).pointee.next = datagram
    } else {
      queue.first = datagram
    }
    queue.last = datagram
    queue.frameCount += header(datagram).pointee.frameCount
    queue.byteCount += header(datagram).pointee.count
  }

  /// Removes the oldest datagram, whose user the caller becomes.
  static func removeFirst(_ queue: inout DatagramQueue) {
    guard let first = queue.first else { return }
    queue.first = header(first).pointee.next
    if queue.first == nil { queue.last = nil }
    queue.frameCount -= header(first).pointee.frameCount
    queue.byteCount -= header(first).pointee.count
  }
}
