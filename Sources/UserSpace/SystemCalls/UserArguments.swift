// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The path and the two lists of an execve or execveat, in the memory of the process that calls it.
/// All are allegations. Another thread may change them between measuring and copying; the call then
/// fails if they no longer fit.
struct UserArguments<P: Platform>: ArgumentSource {
  private let call: SystemCall<P>
  /// The index of the call's argument that has the path. Those of the lists follow.
  private let pathIndex: Int
  /// The descriptor at which a path begins that is relative to one; nil for others.
  private let descriptor: UInt32?
  /// Whether there is a path; without one, the file is that of the descriptor.
  let hasPath: Bool
  let pathCount: Int
  let firstCount: Int
  let sizes: ArgumentSizes<P.ABI>

  /// Measures what the arguments of `call` from `pathIndex` on point to: the path, the arguments and
  /// the environment. Each list ends with a null pointer, or is null itself.
  ///
  /// As in Linux, the program's path is /dev/fd/N or /dev/fd/N/PATH if it is relative to a descriptor.
  ///
  /// - Throws: `nameTooLong`, `noEntry`, `argumentsTooLong`, `badAddress`.
  init(
    of call: SystemCall<P>, at directory: UInt32, _ pathIndex: Int, mayBeEmpty: Bool,
    stackLimit: Word
  ) throws(Errno) {
    self.call = call
    self.pathIndex = pathIndex
    var sizes = ArgumentSizes<P.ABI>(stackLimit: stackLimit)
    let path = call.address(pathIndex)
    let count = try Self.measure(path)
    guard count < 4096 else { throw .nameTooLong }
    hasPath = count > 0
    guard hasPath || mayBeEmpty else { throw .noEntry }
    if directory != FileNode.currentDirectory, try call.firstByte(of: path) != UInt8(ascii: "/") {
      descriptor = directory
      pathCount = Self.start(directory, hasPath: hasPath).count + count
    } else {
      descriptor = nil
      pathCount = count
    }
    (sizes.arguments, firstCount) = try Self.measureList(
      call, call.address(pathIndex + 1), &sizes)
    if sizes.arguments == 0 {  // As in Linux since 5.18: argv[0] exists.
      sizes.arguments = 1
      try sizes.add(0)
    }
    sizes.environment = try Self.measureList(
      call, call.address(pathIndex + 2), &sizes
    ).count
    self.sizes = sizes
  }

  func readPath(
    _ body: (Span<UInt8>, _ offset: Int) throws(MemoryError) -> Void
  ) throws(Errno) {
    var start = 0
    if let descriptor {
      let name = Self.start(descriptor, hasPath: hasPath)
      start = name.count
      do throws(MemoryError) { try body(name.buffer.span.extracting(first: start), 0) } catch {
        throw Errno(error)
      }
    }
    try Self.copyString(call.address(pathIndex)) { (bytes, offset, _) throws(MemoryError) in
      try body(bytes, start + offset)
    }
  }

  /// Whether the path is relative to a descriptor.
  var isBelowDescriptor: Bool { descriptor != nil }

  /// The start of a path that is relative to a descriptor.
  @inline(never)
  private static func start(_ descriptor: UInt32, hasPath: Bool) -> EntryName {
    var name = EntryName()
    name.text("/dev/fd/")
    name.decimal(UInt64(descriptor))
    if hasPath { name.text("/") }
    return name
  }

  func append(
    from first: Int, to stack: inout StackImage<P.ABI>, in space: inout Process<P>.Space
  ) throws(Errno) {
    try copyList(call.address(pathIndex + 1), first..<sizes.arguments, &stack, &space)
    try copyList(call.address(pathIndex + 2), 0..<sizes.environment, &stack, &space)
  }

  /// Counts the pointers of a list, and adds the bytes of their strings to `sizes`.
  ///
  /// - Returns: the number of pointers, and the length of the first string.
  /// - Throws: `badAddress`, `argumentsTooLong`.
  @inline(never)
  private static func measureList(
    _ call: SystemCall<P>, _ list: UserAddress, _ sizes: inout ArgumentSizes<P.ABI>
  ) throws(Errno) -> (count: Int, first: Int) {
    guard list != 0 else { return (0, 0) }
    var (count, first) = (0, 0)
    while case let string = try pointer(call, list, count), string != 0 {
      count += 1
      let length = try measure(string)
      try sizes.add(length)
      if count == 1 { first = length }
      guard Word(count) * ArgumentSizes<P.ABI>.pointerSize + sizes.bytes <= sizes.greatestTotal
      else {
        throw .argumentsTooLong
      }
    }
    return (count, first)
  }

  /// The pointer at `index` of a list.
  private static func pointer(
    _ call: SystemCall<P>, _ list: UserAddress, _ index: Int
  ) throws(Errno) -> UserAddress {
    let words: InlineArray<1, P.ABI.Long> = try call.load(
      list &+ Word(index) &* ArgumentSizes<P.ABI>.pointerSize)
    return UserAddress(clamping: words[0])
  }

  /// The length of a user string, without its terminating zero.
  ///
  /// - Throws: `badAddress`, `argumentsTooLong`.
  @inline(never)
  private static func measure(_ address: UserAddress) throws(Errno) -> Int {
    var bytes = Piece(repeating: 0)
    var count = 0
    while true {
      let length = try loadPiece(address &+ Word(count), &bytes)
      count += length
      if length < bytes.count { return count }
      guard count < 128 * 1024 else { throw .argumentsTooLong }
    }
  }

  /// A piece of a user string. Most strings are one; it is small because it is cleared for each.
  private typealias Piece = InlineArray<64, UInt8>

  /// Copies the next bytes of a user string and returns their number, which is below that of a piece
  /// at its end only. A preemption point.
  ///
  /// - Throws: `badAddress`; `interrupted` if the thread is dying.
  @inline(never)
  private static func loadPiece(
    _ address: UserAddress, _ bytes: inout Piece
  ) throws(Errno) -> Int {
    if P.mustEnd() { throw .interrupted }
    var count: Word?
    var span = bytes.mutableSpan
    // SAFETY: the buffer has room for as many bytes as it has.
    unsafe span.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe count = P.User.copyString(start, from: address, room: Word(buffer.count))
    }
    guard let count else { throw .badAddress }
    return Int(count)
  }

  /// Passes a user string to `body` in pieces, each with its offset. The last piece includes the
  /// terminating zero.
  ///
  /// - Throws: `badAddress`, and what `body` throws, as an errno.
  @inline(never)
  private static func copyString(
    _ address: UserAddress, _ body: (Span<UInt8>, Int, _ isLast: Bool) throws(MemoryError) -> Void
  ) throws(Errno) {
    var bytes = Piece(repeating: 0)
    var offset = 0
    while true {
      let length = try loadPiece(address &+ Word(offset), &bytes)
      let isLast = length < bytes.count
      // A preemption point: `body` may take two page faults of the new stack.
      if !isLast { P.preemptionPoint() }
      do throws(MemoryError) {
        try body(bytes.span.extracting(first: isLast ? length + 1 : length), offset, isLast)
      } catch {
        throw Errno(error)
      }
      if isLast { return }
      offset += length
    }
  }

  /// Appends the strings at the indexes `numbers` of a list to the stack image. The call fails if
  /// another thread has changed the list since it was measured, so that it does not fit.
  ///
  /// - Throws: `badAddress`, `outOfMemory`.
  @inline(never)
  private func copyList(
    _ list: UserAddress, _ numbers: Range<Int>, _ stack: inout StackImage<P.ABI>,
    _ space: inout Process<P>.Space
  ) throws(Errno) {
    for index in numbers {
      let string: UserAddress = list == 0 ? 0 : try Self.pointer(call, list, index)
      if string != 0 {
        try Self.copyString(string) { (bytes, _, isLast) throws(MemoryError) in
          guard stack.hasRoom(for: bytes.count - 1) else { throw .fault }
          try stack.append(bytes, isLast: isLast, to: &space)
        }
      } else {
        guard stack.hasRoom(for: 0) else { throw .badAddress }
        do { try stack.endString(in: &space) } catch { throw Errno(error) }
      }
    }
    do { try stack.endList(in: &space) } catch { throw Errno(error) }
  }
}
