// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Calls that send to sockets and receive from them.
extension SystemCall {
  /// The buffer of send and recv: the second and third argument.
  private func messageBuffer() throws(Errno) -> UserVector<P> {
    let count = try checkedCount(address(1), min(word(2), Self.greatestCount))
    return UserVector(UserBuffer(address: address(1), count: Int(count)))
  }

  /// Checks the name of a receiver, to which nothing is sent: no socket has one.
  ///
  /// - Throws: `badAddress`, `invalid`, `isConnected`, `connectionRefused`.
  private func checkReceiver(
    at address: UserAddress, size: UInt32, for socket: RecordReference<Socket>
  ) throws(Errno) {
    guard address != 0, size != 0 else { return }
    try checkName(at: address, size: size, isAny: socket.pointee.kind != .datagram)
    switch socket.pointee.kind {
    case .stream: throw .isConnected
    case .datagram: throw .connectionRefused
    case .packets: break  // As on Linux, the name is ignored.
    }
  }

  /// Stores the size of a sender's name, which has none.
  ///
  /// - Throws: `badAddress`, `invalid`.
  private func storeNameSize(at address: UserAddress) throws(Errno) {
    let room: InlineArray<1, UInt32> = try load(address)
    guard Int32(bitPattern: room[0]) >= 0 else { throw .invalid }
    try store([0] as InlineArray<1, UInt32>, at: address)
  }

  /// send and sendto: the socket, the buffer and its size, flags; sendto also has the address of a
  /// name and its size.
  @inline(never)
  func send(hasName: Bool) throws(Errno) -> Word {
    var vector = try messageBuffer()
    let (number, file, socket) = try retainSocket()
    defer { FileTable<P>.release(number) }
    if hasName { try checkReceiver(at: address(4), size: argument(5), for: socket) }
    return Word(try Sockets<P>.send(file, &vector, argument(3)))
  }

  /// recv and recvfrom: the socket, the buffer and its size, flags; recvfrom also has the address
  /// for a name, and that of its size.
  @inline(never)
  func receive(hasName: Bool) throws(Errno) -> Word {
    var vector = try messageBuffer()
    let (number, file, _) = try retainSocket()
    defer { FileTable<P>.release(number) }
    let count = try Sockets<P>.receive(file, &vector, argument(3)).count
    if hasName, address(4) != 0 { try storeNameSize(at: address(5)) }
    return Word(count)
  }

  /// The record of a message, and its vector.
  ///
  /// - Throws: `badAddress`, `invalid`, `messageTooLong`.
  private func message() throws(Errno) -> (MessageRecord<P.ABI.Long>, UserVector<P>) {
    let record = MessageRecord<P.ABI.Long>(try load(address(1)))
    guard record.name == 0 || Int32(bitPattern: record.nameSize) >= 0 else { throw .invalid }
    guard record.pieces <= Self.greatestVector else { throw .messageTooLong }
    let count = try vectorSize(record.list, record.pieces)
    return (record, UserVector(list: record.list, pieces: record.pieces, count: count))
  }

  /// sendmsg: the socket, the message, flags. There are no control messages.
  @inline(never)
  func sendMessage() throws(Errno) -> Word {
    let (number, file, socket) = try retainSocket()
    defer { FileTable<P>.release(number) }
    let (record, read) = try message()
    var vector = read
    // Fewer bytes than the head of a control message are none.
    guard record.controlSize < P.ABI.Long(MemoryLayout<P.ABI.Long>.size + 8) else {
      throw .invalid
    }
    try checkReceiver(at: record.name, size: min(record.nameSize, 128), for: socket)
    return Word(try Sockets<P>.send(file, &vector, argument(2)))
  }

  /// recvmsg: the socket, the message, flags. No control message is stored.
  @inline(never)
  func receiveMessage() throws(Errno) -> Word {
    let (number, file, _) = try retainSocket()
    defer { FileTable<P>.release(number) }
    let (record, read) = try message()
    var vector = read
    let received = try Sockets<P>.receive(file, &vector, argument(2))
    let places = MessageRecord<P.ABI.Long>.places(of: address(1))
    if record.name != 0 { try storeNameSize(at: places.nameSize) }
    let flags = received.flags | argument(2) & Sockets<P>.Flag.closesOnExec
    try store([flags] as InlineArray<1, UInt32>, at: places.flags)
    try store([0] as InlineArray<1, P.ABI.Long>, at: places.controlSize)
    return Word(received.count)
  }
}
