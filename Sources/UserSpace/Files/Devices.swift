// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A device in /dev: a row of the table.
struct Device {
  /// Writes bytes to the span, which has zeros or what was written before, and returns their
  /// number; 0 at the end.
  typealias Source = (inout MutableRawSpan) -> Int

  let name: StaticString
  let permissions: UInt32
  let major: UInt32
  let minor: UInt32
  let isTerminal: Bool
  let mapping: FileMapping
  /// The bytes to ask the source for at once: about 2,000 instructions of work.
  let pieceSize: Int
  let source: Source

  @inline(__always)
  init(
    _ name: StaticString, _ permissions: UInt32, _ major: UInt32, _ minor: UInt32,
    isTerminal: Bool = false, mapping: FileMapping = .none, pieceSize: Int = 512,
    _ source: @escaping Source
  ) {
    self.name = name
    self.permissions = permissions
    self.major = major
    self.minor = minor
    self.isTerminal = isTerminal
    self.mapping = mapping
    self.pieceSize = pieceSize
    self.source = source
  }
}

/// The file system /dev. Node 0 is the directory; node n + 1 is the device of row n.
enum Devices<P: FilePlatform>: NodeOperations {
  /// The device of row `number`; one without a name after the last. A new device is a row here.
  @inline(__always)
  private static func row(_ number: UInt32) -> Device {
    switch number {
    case 0: Device("console", 0o600, 5, 1, isTerminal: true) { (_) in 0 }
    case 1: Device("tty", 0o666, 5, 0, isTerminal: true) { (_) in 0 }
    case 2: Device("null", 0o666, 1, 3) { (_) in 0 }
    case 3: Device("zero", 0o666, 1, 5, mapping: .zeros) { $0.byteCount }
    case 4: Device("random", 0o666, 1, 8, pieceSize: 32) { fillRandom(&$0) }
    case 5: Device("urandom", 0o666, 1, 9, pieceSize: 32) { fillRandom(&$0) }
    case 6: Device("ttyAMA0", 0o600, 204, 64, isTerminal: true) { (_) in 0 }
    default: Device("", 0, 0, 0) { (_) in 0 }
    }
  }

  /// The device with this number, as `Inode.device` has it; nil if there is none.
  static func node(_ device: UInt32) -> FileNode? {
    var number: UInt32 = 0
    while name(number).utf8CodeUnitCount > 0 {
      let row = row(number)
      if row.major << 8 | row.minor == device { return FileNode(.devices, number + 1) }
      number += 1
    }
    return nil
  }

  /// The console, which the first program has open.
  static var console: FileNode { FileNode(.devices, 1) }

  /// The random number generator, which getrandom reads.
  static var urandom: FileNode { FileNode(.devices, 6) }

  // Each field of the table has a function of its own, so that the compiler makes a table of it.

  @inline(never)
  private static func name(_ number: UInt32) -> StaticString { row(number).name }

  @inline(never)
  private static func pieceSize(_ number: UInt32) -> Int { row(number).pieceSize }

  @inline(never)
  private static func isTerminal(_ node: FileNode) -> Bool {
    node.index > 0 && row(node.index - 1).isTerminal
  }

  private static func fillRandom(_ bytes: inout MutableRawSpan) -> Int {
    P.fillRandom(&bytes)
    return bytes.byteCount
  }

  /// What an open of a node does to the controlling terminal. As on Linux, /dev/tty needs one, and a
  /// leader of a session without one gets that of a terminal's own name, not of /dev/console.
  ///
  /// - Throws: `noSuchDevice`.
  static func opened(_ node: FileNode, mayAcquire: Bool) throws(Errno) {
    guard node.system == .devices else { return }
    if node.index == 2 { _ = try P.controlTerminal(.find, 0) }
    if node.index == 7, mayAcquire { _ = try? P.controlTerminal(.acquireByOpen, 0) }
  }

  static func status(_ node: FileNode) -> FileStatus {
    guard node.index > 0 else {
      return FileStatus(mode: FileStatus.directory | 0o755, links: 2, inode: 1, deviceMinor: 3)
    }
    let device = row(node.index - 1)
    return FileStatus(
      mode: FileStatus.character | device.permissions, inode: node.index + 1, deviceMinor: 3,
      specialMajor: device.major, specialMinor: device.minor)
  }

  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? {
    if name.isEqual(to: "shm") { return FileTree<P>.sharedMemory }
    var number: UInt32 = 0
    while self.name(number).utf8CodeUnitCount > 0 {
      if name.isEqual(to: self.name(number)) { return FileNode(.devices, number + 1) }
      number += 1
    }
    return nil
  }

  static func parent(of node: FileNode) -> FileNode {
    node.index > 0 ? FileNode(.devices, 0) : .root
  }

  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    // A program may seek anywhere: a number after the last row has no name.
    let number = UInt32(clamping: position - 2)
    guard self.name(number).utf8CodeUnitCount > 0 else {
      guard number == 0 || self.name(number - 1).utf8CodeUnitCount > 0 else { return nil }
      name.text("shm")
      return (FileTree<P>.sharedMemory, position + 1)
    }
    name.text(self.name(number))
    return (FileNode(.devices, number + 1), position + 1)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("/dev")
    guard node.index > 0 else { return }
    window.text("/")
    window.text(name(node.index - 1))
  }

  static func seekRange(of node: FileNode) -> SeekRange {
    node.index == 0 ? .directory : isTerminal(node) ? .none : .start
  }

  static func mapping(of node: FileNode) -> FileMapping {
    node.index > 0 ? row(node.index - 1).mapping : .none
  }

  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    try read(file.file.node, into: buffer, mayBlock: file.file.mayBlock && buffer.mayBlock)
  }

  /// Stores bytes of a device.
  ///
  /// - Throws: `isDirectory` for /dev itself, `badAddress`; what `ConsoleFile.read` throws.
  @inline(never)
  static func read(
    _ node: FileNode, into buffer: UserBuffer<P>, mayBlock: Bool = true
  ) throws(Errno) -> Word {
    guard node.index > 0 else { throw .isDirectory }
    if isTerminal(node) {
      if node != console { try P.checkForeground(.terminalInput) }
      return try ConsoleFile<P>.read(into: buffer, mayBlock: mayBlock)
    }
    let number = node.index - 1
    return try buffer.fill(in: pieceSize(number), from: row(number).source)
  }

  /// A terminal writes to the console; other devices discard the bytes. As on Linux, /dev/console can
  /// be read and written in the background.
  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard isTerminal(file.file.node) else { return Word(buffer.count) }
    if file.file.node != console, P.withTerminal({ $0.settings.local.contains(.stopsWriters) }) {
      try P.checkForeground(.terminalOutput)
    }
    return try ConsoleFile<P>.write(from: buffer)
  }

  static func events(of file: FileReference) -> FileEvents {
    isTerminal(file.file.node) ? ConsoleFile<P>.events : [.readable, .writable]
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    isTerminal(file.file.node) ? P.consoleWaiters.queue : nil
  }

  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word {
    guard isTerminal(file.file.node) else { throw .notTerminal }
    return try ConsoleFile<P>.control(request, argument)
  }
}
