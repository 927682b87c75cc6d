// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// An open file: what a call of open made. Descriptors that dup and fork made share it, with its
/// position and flags (POSIX' open file description).
///
/// With 32-bit words it has 64 bytes, a cache line: the place of a file in its table is a shift of
/// its number.
struct OpenFile {
  /// The file, directory or device.
  let node: FileNode
  /// Number of descriptors and of calls in progress that refer to the file.
  var references: UInt32 = 1
  /// Offset of the next byte to read, or number of the next directory member. In a free slot of
  /// `OpenFiles`: the number of the next free slot.
  var position: UInt64 = 0
  /// Who waits for the end of a call that reads the file (`FileUse`).
  var users = FileWaiters()
  /// The first item of an epoll instance that waits for the file.
  var items: RecordReference<PollItem>?
  /// The flags of open that are kept: access mode, O_APPEND, O_NONBLOCK, O_DIRECTORY.
  var flags: UInt32
  /// What the file has besides its node, as long as it is open.
  var object = FileObject.none
  /// Whether a call reads the file.
  var isInUse = false
  /// Whether a lock of a range was set that belongs to it.
  var hasRangeLocks = false
  /// The lock of flock that belongs to it.
  var lock = FileLock.Kind.none
  /// Fills the cache line, so that it is copied as a whole.
  private let filling: UInt32 = 0

  /// The file at `node`, with one reference.
  init(node: FileNode, flags: UInt32) {
    self.node = node
    self.flags = flags
  }

  /// O_APPEND and O_PATH.
  static var append: UInt32 { 0o2000 }
  static var pathOnly: UInt32 { 0o10000000 }

  /// The access rights, from the access mode: 0 read, 1 write, 2 both, 3 neither.
  var mayRead: Bool { flags & 1 == 0 }
  var mayWrite: Bool { (flags ^ flags >> 1) & 1 != 0 }
  /// Whether the file is only a place in the tree (O_PATH).
  var isPathOnly: Bool { flags & Self.pathOnly != 0 }
  /// Whether no further file of poll or item of epoll may wait in `queue`, which is the file's.
  func isFull(_ queue: RecordReference<FileWaiters>) -> Bool {
    switch object {
    case .timer, .signals: queue.pointee.count >= FileWaiters.limit
    default: false
    }
  }
  /// Whether a call may wait for the file (not O_NONBLOCK).
  var mayBlock: Bool { flags & 0o4000 == 0 }
}

/// What an open file has besides its node. `FileOperations.closed` gives it back.
enum FileObject {
  case none
  /// The frame of an `OpenText`, while a /proc text is read.
  case text(PhysicalFrame)
  /// The pipe of which the file is an end.
  case pipe(RecordReference<Pipe>)
  case counter(RecordReference<EventCounter>)
  case poll(RecordReference<EventPoll>)
  case process(RecordReference<ProcessHandle>)
  case timer(RecordReference<TimerFile>)
  case socket(RecordReference<Socket>)
  case notifier(RecordReference<Notifier>)
  case queue(RecordReference<NamedQueue>)
  /// The signals that a signalfd reports.
  case signals(UInt64)
  /// The pseudo-terminal of which the file is a user or the master.
  case terminal(RecordReference<PseudoTerminal>)
  case master(RecordReference<PseudoTerminal>)
}
