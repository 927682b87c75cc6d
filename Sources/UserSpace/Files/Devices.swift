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
  /// The path of a symbolic link; empty for a device.
  let target: StaticString

  @inline(__always)
  init(
    _ name: StaticString, _ permissions: UInt32, _ major: UInt32, _ minor: UInt32,
    isTerminal: Bool = false, mapping: FileMapping = .none, pieceSize: Int = 512,
    target: StaticString = "", _ source: @escaping Source
  ) {
    self.target = target
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

/// The file system /dev. Node 0 is the directory; node n + 1 is the device of row n; the directory
/// /dev/pts and its members follow; before it is the directory /dev/shm, on which a volume is mounted.
/// /dev/kits belongs to another file system.
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
    case 7: Device("ptmx", 0o666, 5, 2) { (_) in 0 }
    case 8: Device("full", 0o666, 1, 7) { $0.byteCount }
    case 9: Device("fd", 0o777, 0, 0, target: "/proc/self/fd") { (_) in 0 }
    case 10: Device("stdin", 0o777, 0, 0, target: "/proc/self/fd/0") { (_) in 0 }
    case 11: Device("stdout", 0o777, 0, 0, target: "/proc/self/fd/1") { (_) in 0 }
    case 12: Device("stderr", 0o777, 0, 0, target: "/proc/self/fd/2") { (_) in 0 }
    default: Device("", 0, 0, 0) { (_) in 0 }
    }
  }

  /// The device with this number, as `Inode.device` has it; nil if there is none.
  static func node(_ device: UInt32) -> FileNode? {
    var number: UInt32 = 0
    while name(number).utf8CodeUnitCount > 0 {
      let row = row(number)
      if row.major << 8 | row.minor == device, row.major != 0 {
        return FileNode(.devices, number + 1)
      }
      number += 1
    }
    return nil
  }

  /// The console, which the first program has open.
  static var console: FileNode { FileNode(.devices, 1) }

  /// /dev/full, which has no room.
  private static var full: FileNode { FileNode(.devices, 9) }

  /// The random number generator, which getrandom reads.
  static var urandom: FileNode { FileNode(.devices, 6) }

  // Each field of the table has a function of its own, so that the compiler makes a table of it.

  @inline(never)
  private static func name(_ number: UInt32) -> StaticString { row(number).name }

  @inline(never)
  private static func target(_ number: UInt32) -> StaticString { row(number).target }

  @inline(never)
  private static func pieceSize(_ number: UInt32) -> Int { row(number).pieceSize }

  @inline(never)
  private static func isTerminal(_ node: FileNode) -> Bool {
    !isDirectory(node) && pseudo(node) == nil && row(node.index - 1).isTerminal
  }

  private static func fillRandom(_ bytes: inout MutableRawSpan) -> Int {
    P.fillRandom(&bytes)
    _ = P.mustEnd()  // A preemption point: the store may take a page fault.
    return bytes.byteCount
  }

  /// The directory of the pseudo-terminals; the node of number N follows N places after it.
  private static var pseudoTerminals: FileNode { FileNode(.devices, 0x100) }

  /// The directory /dev/shm, which is empty.
  static var sharedMemory: FileNode { FileNode(.devices, 0xff) }

  static func retain(_ node: FileNode) { FileTree<P>.volume(of: node).pointee.users += 1 }

  static func release(_ node: FileNode) { FileTree<P>.volume(of: node).pointee.users -= 1 }

  /// The number of a pseudo-terminal's node; nil for another node.
  private static func pseudo(_ node: FileNode) -> UInt32? {
    node.index > pseudoTerminals.index ? node.index - pseudoTerminals.index - 1 : nil
  }

  private static func isDirectory(_ node: FileNode) -> Bool {
    node.index == 0 || node == sharedMemory || node == pseudoTerminals
  }

  /// What an open does before a descriptor refers to the file. As on Linux, /dev/tty is the
  /// caller's terminal, and a leader of a session without one gets that of a terminal's own name,
  /// if it `mayAcquire` it, not of /dev/console.
  ///
  /// - Throws: `noSuchDevice` without a terminal; what opens of pseudo-terminals throw.
  @inline(never)
  static func opened(_ file: FileReference, mayAcquire: Bool) throws(Errno) {
    let node = file.file.node
    switch node.index {
    case 2:
      guard let own = P.ownTerminal else { throw .noSuchDevice }
      if let number = own.pseudo { try open(file, number) }
    case 7: if mayAcquire { _ = try? P.controlTerminal(.acquireByOpen, 0, of: .console) }
    case 8: try PseudoTerminals<P>.openMaster(file)
    default:
      guard let number = pseudo(node) else { return }
      try open(file, number)
      if mayAcquire {
        _ = try? P.controlTerminal(.acquireByOpen, 0, of: TerminalNumber(pseudo: number))
      }
    }
  }

  private static func open(_ file: FileReference, _ number: UInt32) throws(Errno) {
    guard let terminal = PseudoTerminals<P>.terminal(number) else { throw .inputOutput }
    try PseudoTerminals<P>.open(file, of: terminal)
  }

  /// The terminal that an open file uses; nil for a master and for other devices.
  @inline(__always)
  private static func terminal(of file: FileReference) -> Terminal<P>? {
    switch file.file.object {
    case .terminal(let terminal): .pseudo(terminal)
    default: isTerminal(file.file.node) ? .console : nil
    }
  }

  static func describe(_ node: FileNode, in status: inout FileStatus) {
    if isDirectory(node) {
      return status.set(
        mode: FileStatus.directory | 0o755, links: 2, inode: 1,
        deviceMinor: node == pseudoTerminals ? 10 : 3)
    }
    if let number = pseudo(node) {
      status.set(mode: FileStatus.character | 0o620, inode: number + 3, deviceMinor: 10)
      (status.specialMajor, status.specialMinor) = (136, number)
      return
    }
    let device = row(node.index - 1)
    let target = target(node.index - 1)
    let isLink = target.utf8CodeUnitCount > 0
    status.set(
      mode: (isLink ? FileStatus.link : FileStatus.character) | device.permissions,
      inode: node.index + 1, deviceMinor: 3)
    status.size = UInt64(target.utf8CodeUnitCount)
    guard !isLink else { return }
    (status.specialMajor, status.specialMinor) = (device.major, device.minor)
  }

  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? {
    guard directory.index == 0 else {
      guard directory == pseudoTerminals, let number = number(in: name), isOpen(number) else {
        return nil
      }
      return FileNode(.devices, directory.index + 1 + number)
    }
    if name.isEqual(to: "shm") { return FileTree<P>.top(of: sharedMemory) }
    if name.isEqual(to: "pts") { return pseudoTerminals }
    if name.isEqual(to: "kits") { return KitFiles<P>.directory }
    var number: UInt32 = 0
    while self.name(number).utf8CodeUnitCount > 0 {
      if name.isEqual(to: self.name(number)) { return FileNode(.devices, number + 1) }
      number += 1
    }
    return nil
  }

  /// The number of up to three digits, as a name in /dev/pts has it; nil for another name.
  private static func number(in name: Span<UInt8>) -> UInt32? {
    guard name.count <= 3, name.count == 1 || name.count > 0 && name[0] != 0x30 else { return nil }
    var number: UInt32 = 0
    for index in name.indices {
      guard name[index] >= 0x30, name[index] <= 0x39 else { return nil }
      number = number * 10 + UInt32(name[index] - 0x30)
    }
    return number
  }

  /// Whether there is a pseudo-terminal with this number, and its master is open.
  private static func isOpen(_ number: UInt32) -> Bool {
    PseudoTerminals<P>.terminal(number)?.pointee.isHungUp == false
  }

  static func parent(of node: FileNode) -> FileNode {
    if pseudo(node) != nil { return pseudoTerminals }
    return node.index > 0 ? FileNode(.devices, 0) : FileTree<P>.parent(ofRoot: node)
  }

  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    // A program may seek anywhere: a number after the last row has no name.
    var number = UInt32(clamping: position - 2)
    guard directory.index == 0 else {
      guard directory == pseudoTerminals else { return nil }
      while number < UInt32(TerminalNumber.pseudoCount) {
        if isOpen(number) {
          name.decimal(UInt64(number))
          return (FileNode(.devices, directory.index + 1 + number), UInt64(number) + 3)
        }
        number += 1
      }
      return nil
    }
    if self.name(number).utf8CodeUnitCount > 0 {
      name.text(self.name(number))
      return (FileNode(.devices, number + 1), position + 1)
    }
    // After the devices.
    if number > 0, self.name(number - 1).utf8CodeUnitCount > 0 {
      name.text("shm")
      return (FileTree<P>.top(of: sharedMemory), position + 1)
    }
    if number > 1, self.name(number - 2).utf8CodeUnitCount > 0 {
      name.text("pts")
      return (pseudoTerminals, position + 1)
    }
    guard number > 2, self.name(number - 3).utf8CodeUnitCount > 0 else { return nil }
    name.text("kits")
    return (KitFiles<P>.directory, position + 1)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    FileTree<P>.writePlace(of: FileTree<P>.volume(of: node), to: &window)
    guard node.index > 0 else { return }
    window.text("/")
    if node == sharedMemory { return window.text("shm") }
    guard node.index >= pseudoTerminals.index else { return window.text(name(node.index - 1)) }
    window.text("pts")
    guard let number = pseudo(node) else { return }
    window.text("/")
    window.decimal(UInt64(number))
  }

  static func writeTarget(of link: FileNode, to window: inout TextWindow) {
    window.text(target(link.index - 1))
  }

  static func seekRange(of node: FileNode) -> SeekRange {
    if isDirectory(node) { return .directory }
    return isTerminal(node) || node.index == 8 || pseudo(node) != nil ? .none : .start
  }

  static func mapping(of node: FileNode) -> FileMapping {
    node.index > 0 && node.index < pseudoTerminals.index ? row(node.index - 1).mapping : .none
  }

  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    let node = file.file.node
    if case .master(let terminal) = file.file.object {
      return try PseudoTerminals<P>.read(file, terminal, into: buffer)
    }
    guard let terminal = terminal(of: file) else { return try read(node, into: buffer) }
    if node != console, !terminal.isHungUp {
      try P.checkForeground(.terminalInput, of: terminal.number)
    }
    return try TerminalFile<P>(terminal: terminal)
      .read(into: buffer, mayBlock: file.file.mayBlock && buffer.mayBlock)
  }

  /// Stores bytes of a device that is no terminal.
  ///
  /// - Throws: `isDirectory` for a directory, `badAddress`.
  @inline(never)
  static func read(_ node: FileNode, into buffer: UserBuffer<P>) throws(Errno) -> Word {
    guard !isDirectory(node) else { throw .isDirectory }
    let number = node.index - 1
    return try buffer.fill(in: pieceSize(number), from: row(number).source)
  }

  /// A terminal writes to the console; other devices discard the bytes. As on Linux, /dev/console
  /// can be read and written in the background.
  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    if case .master(let terminal) = file.file.object {
      return try PseudoTerminals<P>.write(file, terminal, from: buffer)
    }
    guard let terminal = terminal(of: file) else {
      guard file.file.node != full else { throw .noSpace }
      return Word(buffer.count)
    }
    if file.file.node != console, !terminal.isHungUp,
      terminal.ask({ $0.settings.local.contains(.stopsWriters) })
    {
      try P.checkForeground(.terminalOutput, of: terminal.number)
    }
    return try TerminalFile<P>(terminal: terminal)
      .write(from: buffer, mayBlock: file.file.mayBlock)
  }

  static func events(of file: FileReference) -> FileEvents {
    if case .master(let terminal) = file.file.object {
      return PseudoTerminals<P>.masterEvents(of: terminal)
    }
    guard let terminal = terminal(of: file) else { return [.readable, .writable] }
    return TerminalFile<P>(terminal: terminal).events
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    if case .master(let terminal) = file.file.object {
      return PseudoTerminals<P>.masterQueue(of: terminal)
    }
    return terminal(of: file)?.queue
  }

  static func closed(_ file: FileReference) {
    switch file.file.object {
    case .terminal(let terminal): PseudoTerminals<P>.closed(terminal)
    case .master(let terminal): PseudoTerminals<P>.masterClosed(terminal)
    default: break
    }
  }

  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word {
    if case .master(let terminal) = file.file.object {
      return try PseudoTerminals<P>.control(terminal, request, argument)
    }
    guard let terminal = terminal(of: file) else { throw .notTerminal }
    return try TerminalFile<P>(terminal: terminal).control(request, argument)
  }
}
