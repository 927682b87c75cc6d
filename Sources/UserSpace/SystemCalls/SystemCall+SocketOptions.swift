// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Options of sockets (socket(7)), all of the level SOL_SOCKET.
extension SystemCall {
  /// SOL_SOCKET.
  private static var socketLevel: UInt32 { 1 }

  /// Whether a timeout has two words of 64 bits (SO_RCVTIMEO_NEW).
  private func hasWideTime(_ option: UInt32) -> Bool {
    option >= 66 || P.ABI.Long.bitWidth == 64
  }

  /// getsockopt: the socket, the level, the option, the addresses for the value and of its size.
  @inline(never)
  func socketOption() throws(Errno) -> Word {
    let (number, _, socket) = try retainSocket()
    defer { FileTable<P>.release(number) }
    guard argument(1) == Self.socketLevel else { throw .notSupported }
    let room: InlineArray<1, UInt32> = try load(address(4))
    guard Int32(bitPattern: room[0]) >= 0 else { throw .invalid }
    let (value, size) = try optionValue(argument(2), of: socket)
    let count = min(room[0], size)
    if count > 0 { try UserBuffer<P>(address: address(3), count: Int(count)).store(value) }
    try store([count] as InlineArray<1, UInt32>, at: address(4))
    return 0
  }

  /// The value of an option, and its size in bytes.
  ///
  /// - Throws: `noOption`.
  private func optionValue(
    _ option: UInt32, of socket: RecordReference<Socket>
  ) throws(Errno) -> (InlineArray<4, UInt32>, size: UInt32) {
    var value: UInt32 = 0
    switch option {
    case 3: value = socket.pointee.kind.rawValue  // SO_TYPE
    case 4:  // SO_ERROR
      value = UInt32(bitPattern: socket.pointee.error)
      socket.pointee.error = 0
    case 7: value = socket.pointee.sendSize
    case 8: value = socket.pointee.receiveSize
    case 17:  // SO_PEERCRED: the process, the user and the group.
      return ([socket.pointee.creator.rawValue, 0, 0, 0], 12)
    case 18, 19, 39: value = 1  // SO_RCVLOWAT, SO_SNDLOWAT, SO_DOMAIN
    case 20, 66: return timeoutValue(socket.pointee.receiveTimeout, isWide: hasWideTime(option))
    case 21, 67: return timeoutValue(socket.pointee.sendTimeout, isWide: hasWideTime(option))
    // SO_DEBUG, SO_REUSEADDR, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_OOBINLINE, SO_PRIORITY,
    // SO_REUSEPORT, SO_PASSCRED, SO_ACCEPTCONN, SO_PROTOCOL
    case 1, 2, 5, 6, 9, 10, 12, 15, 16, 30, 38: break
    default: throw .noOption
    }
    return ([value, 0, 0, 0], 4)
  }

  /// A timeval of a timeout; zeros for none.
  private func timeoutValue(
    _ timeout: UInt64, isWide: Bool
  ) -> (InlineArray<4, UInt32>, size: UInt32) {
    let time = Timespec(totalNanoseconds: timeout == .max ? 0 : timeout)
    let seconds = UInt64(bitPattern: time.seconds)
    let low = UInt32(truncatingIfNeeded: seconds)
    let part = UInt32(bitPattern: time.nanoseconds / 1000)
    return isWide
      ? ([low, UInt32(truncatingIfNeeded: seconds >> 32), part, 0], 16) : ([low, part, 0, 0], 8)
  }

  /// setsockopt: the socket, the level, the option, the address of the value, its size. Only the
  /// timeouts and the sizes of buffers can be set.
  @inline(never)
  func setSocketOption() throws(Errno) -> Word {
    let (number, _, socket) = try retainSocket()
    defer { FileTable<P>.release(number) }
    guard Int32(bitPattern: argument(4)) >= 0 else { throw .invalid }
    guard argument(1) == Self.socketLevel else { throw .notSupported }
    guard argument(4) >= 4 else { throw .invalid }
    let words: InlineArray<1, UInt32> = try load(address(3))
    let size = min(words[0], Socket.standardSize) * 2
    switch argument(2) {
    case 7: socket.pointee.sendSize = max(size, 4480)  // SO_SNDBUF
    case 8: socket.pointee.receiveSize = max(size, 2240)  // SO_RCVBUF
    case 20, 66: socket.pointee.receiveTimeout = try loadTimeout()
    case 21, 67: socket.pointee.sendTimeout = try loadTimeout()
    default: throw .noOption
    }
    return 0
  }

  /// The timeout that setsockopt brings: 0 seconds are none, and fewer are no wait at all.
  ///
  /// - Throws: `invalid`, `badAddress`, `outOfDomain`.
  private func loadTimeout() throws(Errno) -> UInt64 {
    let isWide = hasWideTime(argument(2))
    guard argument(4) >= (isWide ? 16 : 8) else { throw .invalid }
    let seconds: Int64
    let part: Int64
    if isWide {
      let words: InlineArray<2, UInt64> = try load(address(3))
      (seconds, part) = (Int64(bitPattern: words[0]), Int64(bitPattern: words[1]))
    } else {
      let words: InlineArray<2, P.ABI.Long> = try load(address(3))
      (seconds, part) = (words[0].signed, words[1].signed)
    }
    guard part >= 0, part < 1_000_000 else { throw .outOfDomain }
    guard seconds >= 0 else { return 0 }
    let time = Timespec(seconds: seconds, nanoseconds: Int32(part) * 1000)
    guard let nanoseconds = time.totalNanoseconds, nanoseconds > 0 else { return .max }
    return nanoseconds
  }
}
