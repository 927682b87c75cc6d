// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// One of a pair of sockets. The open file that it belongs to reads from `incoming`, whose queue has
/// all who wait for the socket, and writes to `outgoing`. Of a pair with datagrams, the pipes have
/// these queues and the open ends; the datagrams are in `queue` of the receiver.
struct Socket {
  /// The type (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET).
  enum Kind: UInt32 {
    case stream = 1
    case datagram = 2
    case packets = 5
  }

  let kind: Kind
  /// The process that made the pair.
  let creator: ProcessID
  let pair: RecordReference<SocketPair>
  let peer: RecordReference<Socket>
  /// A direction is shut for the receiver if it has no readers, and for the sender without writers.
  let incoming: RecordReference<Pipe>
  let outgoing: RecordReference<Pipe>
  /// Whether an open file has it.
  var isOpen = false
  /// Whether the peer is its receiver: false after a datagram for a closed one.
  var isConnected = true
  /// The error that the next call reports once; 0 for none.
  var error: Int32 = 0
  /// How long calls wait, in nanoseconds (SO_RCVTIMEO, SO_SNDTIMEO).
  var receiveTimeout = UInt64.max
  var sendTimeout = UInt64.max
  /// What SO_RCVBUF and SO_SNDBUF report. The latter limits the size of a datagram.
  var receiveSize = Self.standardSize
  var sendSize = Self.standardSize
  var queue = DatagramQueue()

  /// The size of a new buffer, and the greatest that a program may set: a half of the answer then.
  static var standardSize: UInt32 { 180_224 }
  /// As long as a queue has fewer frames, it takes another datagram of any size.
  static var queueFrames: Int { Int(standardSize) >> 12 }
}

/// A pair of sockets, with what they have. It is in one place, and stays there while one is open.
struct SocketPair {
  private var pipes: InlineArray<2, PipeSlot>
  private var sockets: InlineArray<2, Socket>

  // SAFETY: the caller passes unused memory, which stays in place.
  /// Initialises a pair, and returns its first socket. No file has one of them.
  @unsafe static func create(
    at pair: RecordReference<SocketPair>, _ kind: Socket.Kind, by creator: ProcessID
  ) -> RecordReference<Socket> {
    let slots = RecordTable(in: &pair.pointee.pipes)
    let first = unsafe PipeSlot.create(at: slots.reference(0).address)
    let second = unsafe PipeSlot.create(at: slots.reference(1).address)
    PipeSlot.pair(first, second)
    let sockets = RecordTable(in: &pair.pointee.sockets)
    sockets[0] = Socket(
      kind: kind, creator: creator, pair: pair, peer: sockets.reference(1), incoming: first,
      outgoing: second)
    sockets[1] = Socket(
      kind: kind, creator: creator, pair: pair, peer: sockets.reference(0), incoming: second,
      outgoing: first)
    return sockets.reference(0)
  }
}
