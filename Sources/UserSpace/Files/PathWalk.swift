// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Resolves a path (Linux's path_resolution(7)): walks from directory to directory, through
/// symbolic links, to the node at the end. A walk changes nothing in the file system.
struct PathWalk<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private let files: RootFiles
  /// The process that walks; /proc/self and /proc/PID exist for this one only.
  private let process: UInt32
  /// The target of /proc/PID/exe.
  private let executable: FileNode
  private var path: PathBuffer<CPU, Memory>
  private var node: FileNode
  private var links = 0

  /// Linux's MAXSYMLINKS and NAME_MAX.
  private static var greatestLinkCount: Int { 40 }
  private static var greatestNameCount: Int { 255 }

  /// A walk along `path`, which begins in `directory` unless the path begins with a slash.
  init(
    _ files: RootFiles, process: UInt32, executable: FileNode,
    path: consuming PathBuffer<CPU, Memory>, from directory: FileNode
  ) {
    self.files = files
    self.process = process
    self.executable = executable
    self.path = path
    node = directory
  }

  /// Walks to the end of the path and returns the node there. `followsLast` also follows a symbolic
  /// link in the last component.
  ///
  /// - Throws: `noEntry`, `notDirectory`, `symbolicLinkLoop`, `nameTooLong`.
  mutating func run(followsLast: Bool) throws(Errno) -> FileNode {
    guard path.count > 0 else { throw .noEntry }
    enterRootIfAbsolute()
    while true {
      let hadSlash = skipSlashes()
      guard path.count > 0 else {
        // A slash after the last name requires a directory.
        guard !hadSlash || isDirectory(node) else { throw .notDirectory }
        return node
      }
      try step(followsLast: followsLast)
    }
  }

  private mutating func enterRootIfAbsolute() {
    if path.count > 0, path.text[0] == UInt8(ascii: "/") { node = FileNode(.root) }
  }

  private mutating func skipSlashes() -> Bool {
    var hadSlash = false
    while path.count > 0, path.text[0] == UInt8(ascii: "/") {
      path.drop(1)
      hadSlash = true
    }
    return hadSlash
  }

  /// Resolves the next component of the path.
  private mutating func step(followsLast: Bool) throws(Errno) {
    guard isDirectory(node) else { throw .notDirectory }
    var count = 0
    while count < path.count, path.text[count] != UInt8(ascii: "/") { count += 1 }
    guard count <= Self.greatestNameCount else { throw .nameTooLong }
    let isDot = path.text[0] == UInt8(ascii: ".")
    if isDot, count == 1 {
      path.drop(1)
    } else if isDot, count == 2, path.text[1] == UInt8(ascii: ".") {
      node = files.parent(of: node)
      path.drop(2)
    } else {
      guard let child = child(named: count) else { throw .noEntry }
      path.drop(count)
      // A link with a slash after it is always followed.
      if followsLast || path.count > 0, files.status(child).type == FileStatus.link {
        try follow(child)
      } else {
        node = child
      }
    }
  }

  /// The member of the current directory that the next `count` bytes name.
  private func child(named count: Int) -> FileNode? {
    files.child(of: node, named: path.text.extracting(first: count), process: process)
  }

  /// Follows `link`, a member of the current directory.
  private mutating func follow(_ link: FileNode) throws(Errno) {
    links += 1
    guard links <= Self.greatestLinkCount else { throw .symbolicLinkLoop }
    switch link.kind {
    case .executableLink: node = executable
    case .selfLink: node = FileNode(.process, process)
    default:
      guard let entry = files.entry(link) else { throw .noEntry }
      let target = files.initrd.text.extracting(
        entry.dataOffset..<entry.dataOffset + entry.dataCount)
      guard target.count > 0 else { throw .noEntry }
      try path.prepend(target)
      enterRootIfAbsolute()
    }
  }

  private func isDirectory(_ node: FileNode) -> Bool {
    files.status(node).type == FileStatus.directory
  }
}

extension RootFiles {
  /// Writes the absolute path of `node`.
  func writePath(of node: FileNode, to sink: inout some TextSink) {
    switch node.kind {
    case .root: sink.text("/")
    case .archived:
      guard let entry = entry(node) else { return }
      sink.text("/")
      sink.bytes(
        initrd.text.extracting(entry.nameOffset..<entry.nameOffset + entry.nameCount))
    case .process:
      sink.text("/proc/")
      sink.decimal(UInt64(node.index))
    default:
      let directory = parent(of: node)
      if directory.kind != .root { writePath(of: directory, to: &sink) }
      sink.text("/")
      sink.text(RootFiles.virtualName(node.kind))
    }
  }
}
