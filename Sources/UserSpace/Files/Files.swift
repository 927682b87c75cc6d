// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// Files: nodes, open files and the file systems that have them.
//
// Principles
// - A node is a value: a file system and a number. What can be done with it is a row of functions
//   (`NodeOperations`), which its file system names once.
// - What open made is counted (`OpenFiles`), because descriptors of several processes share it.
// - All is done under the kernel lock. It is dropped while a thread blocks, so a call that may
//   block has a reference to the open file that it uses (`FileTable.with`). A fault in a copy to or
//   from user memory keeps it.
//
// Parts
// - FileNode, NodeOperations, FileOperations, Files: nodes, what file systems do with them and with
//   open files, and the dispatch.
// - Tree/: the root, /tmp, /run, /dev/shm and what programs mount, and with Cpio… the files of the
//   initrd; `Volume` and FileTree+Mounts know what is mounted where. Devices: /dev. Kits/: /dev/kits.
//   Proc…: /proc. Pipes, EventCounters, EventPolls, TimerFiles, SignalFiles, ProcessHandles, Sockets,
//   Notifiers, NamedQueues: what has no path.
// - PathWalk, PathBuffer: path resolution.
// - OpenFile, OpenFiles, FileTable: open files, and the descriptors of a process. FileObjects: what
//   open files have besides their nodes.
// - FileEvents, FileWaiters, FileWait, PollWaiters: events of files, and those who wait for them.
// - Watches: what programs are told of changes (inotify).
// - UserBuffer, UserVector, TextWindow, OpenText: how bytes and generated texts get to a program.

/// All files as one tree. Each function finds the operations of a node's file system and calls one.
enum Files<P: FilePlatform> {
  /// Whether a call that reads or writes the open file may have preemption points between its
  /// pieces. What one call writes to a terminal or a pipe stays together.
  static func mayGiveWay(_ reference: FileReference) -> Bool {
    if case .none = seekRange(of: reference.file.node) { false } else { true }
  }

  // Several tables, because the compiler keeps a row of more than 15 words in memory and fills it
  // there.

  /// The operations that count uses.
  private struct Uses {
    let retain: (FileNode) -> Void
    let release: (FileNode) -> Void

    @inline(__always)
    init<System: NodeOperations>(of _: System.Type) where System.P == P {
      retain = { System.retain($0) }
      release = { System.release($0) }
    }
  }

  /// The operations on names and attributes.
  private struct Names {
    let describe: (FileNode, inout FileStatus) -> Void
    let child: (FileNode, Span<UInt8>) -> FileNode?
    let parent: (FileNode) -> FileNode
    let member: (FileNode, UInt64, inout EntryName) -> (node: FileNode, next: UInt64)?
    let writePath: (FileNode, inout TextWindow) -> Void
    let writeTarget: (FileNode, inout TextWindow) -> Void
    let target: (FileNode) -> FileNode?

    @inline(__always)
    init<System: NodeOperations>(of _: System.Type) where System.P == P {
      describe = { System.describe($0, in: &$1) }
      child = { System.child(of: $0, named: $1) }
      parent = { System.parent(of: $0) }
      member = { System.member(of: $0, at: $1, &$2) }
      writePath = { System.writePath(of: $0, to: &$1) }
      writeTarget = { System.writeTarget(of: $0, to: &$1) }
      target = { System.target(of: $0) }
    }
  }

  /// The operations on contents.
  private struct Contents {
    let seekRange: (FileNode) -> SeekRange
    let mapping: (FileNode) -> FileMapping
    let read: (FileReference, inout UInt64, UserBuffer<P>) throws(Errno) -> Word
    let write: (FileReference, inout UInt64, UserBuffer<P>) throws(Errno) -> Word
    let control: (FileReference, UInt32, UserAddress) throws(Errno) -> Word

    @inline(__always)
    init<System: NodeOperations>(of _: System.Type) where System.P == P {
      seekRange = { System.seekRange(of: $0) }
      mapping = { System.mapping(of: $0) }
      read = { (file, position, buffer) throws(Errno) in
        try System.read(file, &position, into: buffer)
      }
      write = { (file, position, buffer) throws(Errno) in
        try System.write(file, &position, from: buffer)
      }
      control = { (file, request, argument) throws(Errno) in
        try System.control(file, request, argument)
      }
    }
  }

  /// The operations on what open files have.
  private struct Openings {
    let events: (FileReference) -> FileEvents
    let waiters: (FileReference) -> FileWait<P>.Queue?
    let closed: (FileReference) -> Void

    @inline(__always)
    init<System: NodeOperations>(of _: System.Type) where System.P == P {
      events = { System.events(of: $0) }
      waiters = { System.waiters(of: $0) }
      closed = { System.closed($0) }
    }
  }

  @inline(__always)
  private static func uses(_ node: FileNode) -> Uses {
    switch node.system {
    case .tree: Uses(of: FileTree<P>.self)
    case .devices: Uses(of: Devices<P>.self)
    case .proc: Uses(of: Proc<P>.self)
    case .kits: Uses(of: KitFiles<P>.self)
    case .pipes: Uses(of: Pipes<P>.self)
    case .counters: Uses(of: EventCounters<P>.self)
    case .polls: Uses(of: EventPolls<P>.self)
    case .processes: Uses(of: ProcessHandles<P>.self)
    case .timers: Uses(of: TimerFiles<P>.self)
    case .signals: Uses(of: SignalFiles<P>.self)
    case .sockets: Uses(of: Sockets<P>.self)
    case .notifiers: Uses(of: Notifiers<P>.self)
    case .queues: Uses(of: NamedQueues<P>.self)
    }
  }

  @inline(__always)
  private static func names(_ node: FileNode) -> Names {
    switch node.system {
    case .tree: Names(of: FileTree<P>.self)
    case .devices: Names(of: Devices<P>.self)
    case .proc: Names(of: Proc<P>.self)
    case .kits: Names(of: KitFiles<P>.self)
    case .pipes: Names(of: Pipes<P>.self)
    case .counters: Names(of: EventCounters<P>.self)
    case .polls: Names(of: EventPolls<P>.self)
    case .processes: Names(of: ProcessHandles<P>.self)
    case .timers: Names(of: TimerFiles<P>.self)
    case .signals: Names(of: SignalFiles<P>.self)
    case .sockets: Names(of: Sockets<P>.self)
    case .notifiers: Names(of: Notifiers<P>.self)
    case .queues: Names(of: NamedQueues<P>.self)
    }
  }

  @inline(__always)
  private static func contents(_ node: FileNode) -> Contents {
    switch node.system {
    case .tree: Contents(of: FileTree<P>.self)
    case .devices: Contents(of: Devices<P>.self)
    case .proc: Contents(of: Proc<P>.self)
    case .kits: Contents(of: KitFiles<P>.self)
    case .pipes: Contents(of: Pipes<P>.self)
    case .counters: Contents(of: EventCounters<P>.self)
    case .polls: Contents(of: EventPolls<P>.self)
    case .processes: Contents(of: ProcessHandles<P>.self)
    case .timers: Contents(of: TimerFiles<P>.self)
    case .signals: Contents(of: SignalFiles<P>.self)
    case .sockets: Contents(of: Sockets<P>.self)
    case .notifiers: Contents(of: Notifiers<P>.self)
    case .queues: Contents(of: NamedQueues<P>.self)
    }
  }

  @inline(__always)
  private static func openings(_ node: FileNode) -> Openings {
    switch node.system {
    case .tree: Openings(of: FileTree<P>.self)
    case .devices: Openings(of: Devices<P>.self)
    case .proc: Openings(of: Proc<P>.self)
    case .kits: Openings(of: KitFiles<P>.self)
    case .pipes: Openings(of: Pipes<P>.self)
    case .counters: Openings(of: EventCounters<P>.self)
    case .polls: Openings(of: EventPolls<P>.self)
    case .processes: Openings(of: ProcessHandles<P>.self)
    case .timers: Openings(of: TimerFiles<P>.self)
    case .signals: Openings(of: SignalFiles<P>.self)
    case .sockets: Openings(of: Sockets<P>.self)
    case .notifiers: Openings(of: Notifiers<P>.self)
    case .queues: Openings(of: NamedQueues<P>.self)
    }
  }

  /// Counts a user of `node` (`NodeOperations.retain`).
  @inline(never)
  static func retain(_ node: FileNode) {
    node.system == .tree ? FileTree<P>.retain(node) : uses(node).retain(node)
  }

  /// Ends a use that `retain` counted.
  @inline(never)
  static func release(_ node: FileNode) {
    node.system == .tree ? FileTree<P>.release(node) : uses(node).release(node)
  }

  /// The attributes that stat reports.
  @inline(never)
  static func status(_ node: FileNode) -> FileStatus {
    var status = FileStatus()
    describe(node, in: &status)
    return status
  }

  /// Sets the attributes that stat reports in `status`, which has none.
  @inline(never)
  static func describe(_ node: FileNode, in status: inout FileStatus) {
    status.mask = 0x7ff  // STATX_BASIC_STATS
    status.blockSize = UInt32(Page.size)
    node.system == .tree
      ? FileTree<P>.describe(node, in: &status) : names(node).describe(node, &status)
  }

  /// The type bits of a node's mode (S_IFMT).
  @inline(never)
  static func type(_ node: FileNode) -> UInt32 {
    node.system == .tree ? FileTree<P>.mode(of: node) & FileStatus.typeMask : status(node).type
  }

  /// Whether `node` is a directory.
  @inline(__always)
  static func isDirectory(_ node: FileNode) -> Bool { type(node) == FileStatus.directory }

  /// The node named `name`, with this hash, in a directory, and its type bits (S_IFMT); nil if there
  /// is none.
  @inline(__always)
  static func entry(
    of directory: FileNode, named name: Span<UInt8>, _ hash: NameHash
  ) -> (node: FileNode, type: UInt32)? {
    directory.system == .tree
      ? FileTree<P>.entry(of: directory, named: name, hash)
      : names(directory).child(directory, name).map { ($0, type($0)) }
  }

  /// The directory that holds `node`.
  @inline(never)
  static func parent(of node: FileNode) -> FileNode { names(node).parent(node) }

  /// The first member of a directory at or after `position`, and the position after it; nil at the
  /// end. Writes the member's name to `name`.
  @inline(never)
  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    if position == 0 {
      name.text(".")
      return (directory, 1)
    }
    if position == 1 {
      name.text("..")
      return (parent(of: directory), 2)
    }
    return names(directory).member(directory, position, &name)
  }

  /// Writes the path of `node` from the running process's root directory; the whole path if it does
  /// not lead through that.
  static func writePath(of node: FileNode, to window: inout TextWindow) {
    guard let root = P.rootDirectory, isReachable(node) else {
      return writeWholePath(of: node, to: &window)
    }
    guard node != root else { return window.text("/") }
    var measure = window
    measure.drop(1 << 32)
    let start = measure.length
    writeWholePath(of: root, to: &measure)
    let count = measure.length &- start  // Wrapping, as the length does.
    // The root of a volume that is no longer mounted has the path "/".
    if count > 1 { window.drop(count) }
    writeWholePath(of: node, to: &window)
  }

  /// Writes the path of `node` from the root of all.
  @inline(never)
  static func writeWholePath(of node: FileNode, to window: inout TextWindow) {
    names(node).writePath(node, &window)
  }

  /// Whether the path of `node` leads through the running process's root directory.
  @inline(never)
  static func isReachable(_ node: FileNode) -> Bool {
    guard let root = P.rootDirectory else { return true }
    guard status(node).links > 0 else { return false }
    var node = node
    for _ in 0..<FileTree<P>.greatestDepth {
      guard node != root else { return true }
      let parent = parent(of: node)
      guard parent != node else { return false }
      node = parent
    }
    return false
  }

  /// Writes the path to which a symbolic link leads.
  @inline(never)
  static func writeTarget(of link: FileNode, to window: inout TextWindow) {
    names(link).writeTarget(link, &window)
  }

  /// The node to which a link leads by itself; nil for a link with a path.
  @inline(never)
  static func target(of link: FileNode) -> FileNode? { names(link).target(link) }

  /// Where seeks in a file may lead.
  @inline(never)
  static func seekRange(of node: FileNode) -> SeekRange { contents(node).seekRange(node) }

  /// What mmap maps of a file.
  @inline(never)
  static func mapping(of node: FileNode) -> FileMapping { contents(node).mapping(node) }

  /// Stores bytes of an open file from `position` on, and advances it (`FileOperations.read`).
  @inline(never)
  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    try contents(file.file.node).read(file, &position, buffer)
  }

  /// Takes bytes for an open file at `position`, and advances it (`FileOperations.write`).
  @inline(never)
  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    try contents(file.file.node).write(file, &position, buffer)
  }

  /// The events of poll that an open file has (`FileOperations.events`).
  @inline(__always)
  static func events(of file: FileReference) -> FileEvents {
    openings(file.file.node).events(file)
  }

  /// The queue of those who wait for an open file (`FileOperations.waiters`).
  @inline(never)
  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    openings(file.file.node).waiters(file)
  }

  /// Gives back what an open file has, after its last reference (`FileOperations.closed`).
  @inline(__always)
  static func closed(_ file: FileReference) { openings(file.file.node).closed(file) }

  /// Serves a request of ioctl (`FileOperations.control`).
  @inline(__always)
  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word { try contents(file.file.node).control(file, request, argument) }
}
