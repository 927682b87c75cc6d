// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What a file of /proc is about.
struct ProcSubject: Equatable {
  /// The number in its path: of a process, or below task/ of a thread; 0 for files about the
  /// machine.
  var number: UInt32
  /// The descriptor, below fd/; else 0.
  var descriptor: UInt32 = 0

  /// The process, for a file in a process's directory.
  var process: ProcessID { ProcessID(rawValue: number) }
  /// The thread, for a file in a thread's directory.
  var thread: ThreadID { ThreadID(rawValue: number) }
}

/// The rows of the table that code names.
enum ProcRow {
  /// A member of /proc/PID/fd, and of /proc/PID/fdinfo.
  static var link: UInt32 { 31 }
  static var information: UInt32 { 62 }
  /// /sys.
  static var system: UInt32 { 61 }
}

/// A file of /proc: a row of the table. A row with `members` stands for several files, whose names
/// are numbers.
///
/// It has 14 words: the compiler makes no tables of constants of a structure with more than 15.
struct ProcFile<P: FilePlatform> {
  /// A directory of /proc.
  enum Directory {
    case none, root, processors, process, descriptors, information, tasks, thread
    /// None that lists it: that of /sys, which is mounted in the root.
    case hidden
    /// /sys and its directories.
    case system, devices, systemDevices, cpus, cpu, topology
    /// /proc/sys and its directories.
    case settings, kernelSettings, randomSettings, memorySettings, fileSettings, watchSettings
    case queueSettings
  }

  /// The numbers of the files that a row stands for.
  enum Members {
    /// The row is one file with a name.
    case one
    case processes
    /// The threads of the process.
    case threads
    /// The open descriptors of the process.
    case descriptors
    /// The CPUs that run; "cpu" is before their numbers.
    case processors
  }

  /// Writes the whole text to the window, which keeps the part that it asks for; for a link, its
  /// target.
  typealias Writer = (inout TextWindow, ProcSubject) -> Void

  let name: StaticString
  /// The directory that holds the file.
  let directory: Directory
  /// Type and permissions.
  let mode: UInt32
  /// Where a piece of the text may begin.
  let record: TextRecord
  /// For a directory: which one it is.
  let lists: Directory
  let members: Members
  let write: Writer
  /// The node to which a link leads by itself.
  let target: (ProcSubject) -> FileNode?
  /// Takes what a program writes to the file.
  let take: (UserBuffer<P>, ProcSubject) throws(Errno) -> Word

  /// A text, or a link that `write` writes.
  @inline(__always)
  init(
    _ name: StaticString, in directory: Directory = .root, members: Members = .one,
    mode: UInt32 = 0o100444, _ record: TextRecord = .line,
    taking take: @escaping (UserBuffer<P>, ProcSubject) throws(Errno) -> Word = {
      (_, _) throws(Errno) in
      throw .invalid
    },
    _ write: @escaping Writer
  ) {
    self.name = name
    self.directory = directory
    self.mode = mode
    self.record = record
    lists = .none
    self.members = members
    self.write = write
    target = { (_) in nil }
    self.take = take
  }

  /// The directory that `lists` names.
  @inline(__always)
  init(
    _ name: StaticString, in directory: Directory = .root, members: Members = .one,
    mode: UInt32 = 0o040555, lists: Directory
  ) {
    self.name = name
    self.directory = directory
    self.mode = mode
    record = .line
    self.lists = lists
    self.members = members
    write = { (_, _) in }
    target = { (_) in nil }
    take = { (_, _) throws(Errno) in throw .invalid }
  }

  /// A link that leads to a node by itself and shows that node's path.
  @inline(__always)
  init(
    link name: StaticString, in directory: Directory, members: Members = .one,
    to target: @escaping (ProcSubject) -> FileNode?
  ) {
    self.name = name
    self.directory = directory
    mode = 0o120777
    record = .line
    lists = .none
    self.members = members
    write = { (_, _) in }
    self.target = target
    take = { (_, _) throws(Errno) in throw .invalid }
  }
}
