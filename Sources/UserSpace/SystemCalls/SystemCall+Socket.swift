// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Calls that make sockets, ask for their names and end their directions. Only pairs are made: these
/// have no names, so that there is nothing to connect to.
extension SystemCall {
  /// AF_UNIX.
  private static var family: UInt32 { 1 }

  /// The open file of the first argument and its socket. The caller gets a reference to the file, and
  /// releases it (`FileTable.release`). A function with a closure would be there once for each call.
  ///
  /// - Throws: `badDescriptor`, `notSocket`.
  @inline(never)
  func retainSocket() throws(Errno) -> (
    number: UInt16, file: FileReference, socket: RecordReference<Socket>
  ) {
    let file = try files.file(argument(0))
    guard let number = files.number(of: argument(0)), let socket = Sockets<P>.socket(of: file)
    else {
      throw .notSocket
    }
    P.openFiles.retain(number)
    return (number, file, socket)
  }

  /// The kind of socket that the first three arguments ask for: the family, the type with
  /// SOCK_CLOEXEC and SOCK_NONBLOCK, which are those of open, the protocol.
  ///
  /// - Throws: `invalid`, `noFamily`, `noProtocol`, `noSocketType`.
  private func socketKind() throws(Errno) -> Socket.Kind {
    let type = argument(1) & 0xf
    guard argument(1) & ~0o2004017 == 0 else { throw .invalid }
    guard argument(0) < 46 else { throw .noFamily }
    guard type < 11 else { throw .invalid }
    guard argument(0) == Self.family else { throw .noFamily }
    guard argument(2) <= 1 else { throw .noProtocol }
    // SOCK_RAW is SOCK_DGRAM, as on Linux.
    guard let kind = Socket.Kind(rawValue: type == 3 ? 2 : type) else { throw .noSocketType }
    return kind
  }

  /// socket: as the first arguments of socketpair. There are only pairs.
  @inline(never)
  func makeSocket() throws(Errno) -> Word {
    _ = try socketKind()
    throw .noFamily
  }

  /// socketpair: the family, the type and flags, the protocol, the address for two descriptors.
  ///
  /// - Throws: what `socketKind` throws, `outOfMemory`, `fileTableFull`, `tooManyFiles`,
  ///   `badAddress`; nothing stays open then.
  @inline(never)
  func makeSocketPair() throws(Errno) -> Word {
    let socket = try Sockets<P>.make(socketKind())
    return try openPair(
      at: address(3),
      { (isSecond) throws(Errno) in
        let socket = isSecond ? socket.pointee.peer : socket
        let descriptor = try open(
          .socket(socket), .sockets, argument(1) & 0o4000 | 2,
          closesOnExec: argument(1) & 0o2000000 != 0)
        Sockets<P>.attach(socket)
        return UInt32(truncatingIfNeeded: descriptor)
      }, orFree: { Sockets<P>.free(socket) })
  }

  /// shutdown: the socket, and SHUT_RD, SHUT_WR or SHUT_RDWR.
  @inline(never)
  func shutDownSocket() throws(Errno) -> Word {
    let (number, _, socket) = try retainSocket()
    defer { FileTable<P>.release(number) }
    guard argument(1) <= 2 else { throw .invalid }
    Sockets<P>.shutDown(socket, reading: argument(1) != 1, writing: argument(1) != 0)
    return 0
  }

  /// getsockname and getpeername: the socket, the address for a name, that of its size. The name is
  /// the family alone.
  @inline(never)
  func socketName(ofPeer: Bool) throws(Errno) -> Word {
    let (number, _, socket) = try retainSocket()
    defer { FileTable<P>.release(number) }
    guard !ofPeer || socket.pointee.isConnected else { throw .notConnected }
    let room: InlineArray<1, UInt32> = try load(address(2))
    guard Int32(bitPattern: room[0]) >= 0 else { throw .invalid }
    if room[0] > 0 {
      try UserBuffer<P>(address: address(1), count: Int(min(room[0], 2))).store(UInt16(Self.family))
    }
    try store([2] as InlineArray<1, UInt32>, at: address(2))
    return 0
  }

  /// bind, connect, listen and accept: what Linux answers for a pair, and where no socket has a
  /// name.
  @inline(never)
  func refuseConnection(_ call: Call) throws(Errno) -> Word {
    let (number, _, socket) = try retainSocket()
    defer { FileTable<P>.release(number) }
    switch call {
    case .connect:
      try checkName(at: address(1), size: argument(2), isAny: false)
      throw .connectionRefused
    case .accept4 where argument(3) & ~0o2004000 != 0: throw .invalid
    case .bind: throw .notSupported
    default: throw socket.pointee.kind == .datagram ? .notSupported : .invalid
    }
  }

  /// Checks a name: a struct sockaddr_un, or with `isAny` whatever the program has there.
  ///
  /// - Throws: `badAddress`, `invalid`.
  func checkName(at address: UserAddress, size: UInt32, isAny: Bool) throws(Errno) {
    guard size <= 128 else { throw .invalid }
    var name = InlineArray<128, UInt8>(repeating: 0)
    if size > 0 { try UserBuffer<P>(address: address, count: Int(size)).load(to: &name) }
    guard isAny || size > 2 && size <= 110 && name[0] == UInt8(Self.family) && name[1] == 0 else {
      throw .invalid
    }
  }
}
