// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A file of /proc: a row of the table.
struct ProcFile<P: FilePlatform> {
  /// A directory of /proc.
  enum Directory {
    case none, root, processors, process
  }

  let name: StaticString
  /// The directory that holds the file.
  let directory: Directory
  /// Type and permissions.
  let mode: UInt32
  /// Where a piece of the text may begin.
  let record: TextRecord
  /// For a directory: which one it is.
  let lists: Directory
  /// Writes the whole text to the window, which keeps the part that it asks for; for a link, its
  /// target.
  let write: (inout TextWindow) -> Void
  /// Takes what a program writes to the file.
  let take: (UserBuffer<P>) throws(Errno) -> Word

  @inline(__always)
  init(
    _ name: StaticString, in directory: Directory = .root, mode: UInt32 = 0o100444,
    _ record: TextRecord = .line, lists: Directory = .none,
    taking take: @escaping (UserBuffer<P>) throws(Errno) -> Word = { (_) throws(Errno) in
      throw .invalid
    },
    _ write: @escaping (inout TextWindow) -> Void
  ) {
    self.name = name
    self.directory = directory
    self.mode = mode
    self.record = record
    self.lists = lists
    self.write = write
    self.take = take
  }
}

/// The file system /proc. A node's number is the PID of its process, or 0, and below it 0 for the
/// directory (/proc or /proc/PID) or the number of its row plus one.
enum Proc<P: FilePlatform>: NodeOperations {
  /// The file of row `number`; one in no directory after the last. A new file is a row here.
  @inline(__always)
  private static func row(_ number: UInt32) -> ProcFile<P> {
    switch number {
    case 0:
      ProcFile("self", mode: 0o120777) { $0.decimal(UInt64(P.processIdentifier.rawValue)) }
    case 1: ProcFile("cmdline", .byte) { describeCommandLine(to: &$0) }
    case 2: ProcFile("meminfo") { describeMemory(to: &$0) }
    case 3: ProcFile("uptime") { describeUptime(to: &$0) }
    case 4: ProcFile("vdso") { P.describeVdso(to: &$0, at: P.vdso) }
    case 5: ProcFile("vdso.so", .byte) { P.writeVdsoImage(to: &$0) }
    case 6: ProcFile("buddyinfo") { describeFreeBlocks(to: &$0) }
    case 7: ProcFile("tasks") { P.describeTasks(to: &$0) }
    case 8: ProcFile("cpuinfo") { P.describeProcessors(to: &$0) }
    case 9: ProcFile("interrupts") { P.describeInterrupts(to: &$0) }
    case 10: ProcFile("cpu", mode: 0o040555, lists: .processors) { (_) in }
    case 11: ProcFile("alignment", in: .processors) { P.describeAlignment(to: &$0) }
    case 12: ProcFile("locks") { P.describeLocks(to: &$0) }
    case 13:
      ProcFile("maps", in: .process, .marked) { forEachRegion(&$0) { describe($0, to: &$1) } }
    case 14:
      ProcFile("smaps", in: .process, .marked) {
        forEachRegion(&$0) { describeDetails($0, to: &$1) }
      }
    case 15: ProcFile("statm", in: .process) { describePages(to: &$0) }
    case 16: ProcFile("counters", in: .process) { describeCounters(to: &$0) }
    case 17:
      ProcFile("exe", in: .process, mode: 0o120777) {
        Files<P>.writePath(of: P.executable, to: &$0)
      }
    #if DEBUG  // Only debug builds record a trace.
      case 18:
        ProcFile(
          "trace", mode: 0o100644, .byte,
          taking: { (buffer) throws(Errno) in try controlTrace(buffer) }
        ) { P.describeTrace(to: &$0) }
    #endif
    default: ProcFile("", in: .none) { (_) in }
    }
  }

  // Each field of the table has a function of its own, so that the compiler makes a table of it.

  @inline(never)
  private static func name(_ number: UInt32) -> StaticString { row(number).name }

  @inline(never)
  private static func mode(_ number: UInt32) -> UInt32 { row(number).mode }

  @inline(never)
  private static func directory(_ number: UInt32) -> ProcFile<P>.Directory { row(number).directory }

  @inline(never)
  private static func lists(_ number: UInt32) -> ProcFile<P>.Directory { row(number).lists }

  @inline(never)
  private static func record(_ number: UInt32) -> TextRecord { row(number).record }

  @inline(never)
  private static func write(_ number: UInt32, to window: inout TextWindow) {
    row(number).write(&window)
  }

  private static func exists(_ number: UInt32) -> Bool { directory(number) != .none }

  // Nodes: PID and place, in 5 bits.

  private static func process(of node: FileNode) -> ProcessID {
    ProcessID(rawValue: node.index >> 5)
  }

  /// The directory of a process; /proc itself for `zero`.
  private static func node(of process: ProcessID) -> FileNode {
    FileNode(.proc, process.rawValue << 5)
  }

  /// The number of a node's row; nil for /proc and /proc/PID.
  private static func number(of node: FileNode) -> UInt32? {
    node.index & 31 == 0 ? nil : node.index & 31 - 1
  }

  private static func node(_ number: UInt32, of process: ProcessID) -> FileNode {
    FileNode(.proc, process.rawValue << 5 | (number + 1))
  }

  /// Which directory `node` is; `none` for other nodes.
  private static func listed(by node: FileNode) -> ProcFile<P>.Directory {
    if let number = number(of: node) { return lists(number) }
    return process(of: node) == .zero ? .root : .process
  }

  static func status(_ node: FileNode) -> FileStatus {
    let mode = number(of: node).map { self.mode($0) } ?? 0o040555
    return FileStatus(
      mode: mode, links: mode & 0o170000 == FileStatus.directory ? 2 : 1, inode: node.index + 1,
      deviceMinor: 4)
  }

  /// /proc/PID exists only for the process that looks.
  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? {
    let wanted = listed(by: directory)
    if wanted == .root, name.count > 0, name[0] != UInt8(ascii: "0"),
      let number = name.decimal
    {
      let process = ProcessID(rawValue: number)
      return process == P.processIdentifier ? node(of: process) : nil
    }
    var number: UInt32 = 0
    while true {
      let holder = self.directory(number)
      guard holder != .none else { return nil }
      if holder == wanted, name.isEqual(to: self.name(number)) {
        return node(number, of: process(of: directory))
      }
      number += 1
    }
  }

  static func parent(of node: FileNode) -> FileNode {
    guard let number = number(of: node) else {
      return process(of: node) == .zero ? .root : self.node(of: .zero)
    }
    let wanted = directory(number)
    var other: UInt32 = 0
    while exists(other) {
      if lists(other) == wanted { return self.node(other, of: process(of: node)) }
      other += 1
    }
    return self.node(of: process(of: node))
  }

  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    let wanted = listed(by: directory)
    var number = UInt32(clamping: position - 2)
    guard number < 32 else { return nil }  // A program may seek anywhere.
    while exists(number) {
      if self.directory(number) == wanted {
        name.text(self.name(number))
        return (node(number, of: process(of: directory)), UInt64(number) + 3)
      }
      number += 1
    }
    // After the last row: the process.
    guard wanted == .root, exists(number - 1) else { return nil }
    let own = P.processIdentifier
    name.decimal(UInt64(own.rawValue))
    return (node(of: own), UInt64(number) + 3)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    guard node.index > 0 else { return window.text("/proc") }
    writePath(of: parent(of: node), to: &window)  // Two levels at most.
    window.text("/")
    if let number = number(of: node) {
      window.text(name(number))
    } else {
      window.decimal(UInt64(process(of: node).rawValue))
    }
  }

  static func writeTarget(of link: FileNode, to window: inout TextWindow) {
    if let number = number(of: link) { write(number, to: &window) }
  }

  static func seekRange(of node: FileNode) -> SeekRange {
    listed(by: node) == .none ? .file : .upTo(last: 0x7fff_ffff, hasEnd: true)
  }

  /// Reads from a text, which is generated piece by piece (`OpenText`).
  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard let number = number(of: file.file.node), listed(by: file.file.node) == .none else {
      throw .isDirectory
    }
    let text = try openText(file)
    // After a seek the text is generated anew from its beginning, as in Linux.
    if text.position != position { text.rewind() }
    while true {
      text.consume(Int(min(UInt64(text.count), position - text.position)))
      guard text.count == 0 else { break }
      guard !text.isLast else { return 0 }
      text.generate(by: record(number)) { write(number, to: &$0) }
    }
    let taken = min(text.count, buffer.count)
    // SAFETY: the piece has `taken` bytes. It is generated before it is copied, because the copy
    // may fault and then needs the process's address space, which the text may describe.
    try unsafe buffer.store(text.rest, count: taken, at: 0)
    text.consume(taken)
    position += UInt64(taken)
    return Word(taken)
  }

  /// The state of the text that the open file reads; the first read allocates it.
  ///
  /// - Throws: `outOfMemory`.
  private static func openText(_ file: FileReference) throws(Errno) -> OpenText {
    // SAFETY: the frame belongs to the open file, which the reference keeps open.
    if case .text(let frame) = file.file.object {
      return unsafe OpenText(at: P.Memory.pointer(to: frame))
    }
    let frame: PhysicalFrame
    do throws(MemoryError) {
      frame = try P.memory.space.pool.allocateCold(zeroed: false)
    } catch {
      throw Errno(error)
    }
    file.file.object = .text(frame)
    let text = unsafe OpenText(at: P.Memory.pointer(to: frame))
    text.rewind()
    return text
  }

  static func closed(_ file: FileReference) {
    if case .text(let frame) = file.file.object { P.memory.space.pool.release(frame) }
  }

  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard let number = number(of: file.file.node) else { throw .invalid }
    return try row(number).take(buffer)
  }

  #if DEBUG
    /// Writing to /proc/trace: `on` starts a new recording, `off` stops it; a line feed may follow.
    private static func controlTrace(_ buffer: UserBuffer<P>) throws(Errno) -> Word {
      guard buffer.count >= 2, buffer.count <= 4 else { throw .invalid }
      var word: UInt32 = 0
      // SAFETY: up to four bytes are copied to four.
      try unsafe withUnsafeMutablePointer(to: &word) { (pointer) throws(Errno) in
        try unsafe buffer.load(UnsafeMutableRawPointer(pointer), count: buffer.count, at: 0)
      }
      switch word {
      case 0x6e6f, 0x0a_6e6f: P.controlTrace(true)
      case 0x66_666f, 0x0a66_666f: P.controlTrace(false)
      default: throw .invalid
      }
      return Word(buffer.count)
    }
  #endif
}
