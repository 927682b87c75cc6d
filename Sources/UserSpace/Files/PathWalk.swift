// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Resolves a path (Linux's path_resolution(7)): walks from directory to directory, through
/// symbolic links, to the node at the end. A walk changes nothing in the file system.
struct PathWalk<P: FilePlatform>: ~Copyable {
  private var path: PathBuffer<P>
  private var node: FileNode
  /// Whether the node is a directory, which stays so as long as it exists.
  private var isDirectory = true
  private var links = 0
  /// A node that is kept while other threads may run.
  private var kept: FileNode?
  /// The length of the component at the start of the path, and the hash of its bytes.
  private var nameCount = 0
  private(set) var hash = NameHash()
  private let rules: PathRules
  /// Where absolute paths begin, and above which `..` does not lead: the running process's root
  /// directory or, with a scope, the directory in which the walk begins. It is kept. nil is the root
  /// of all.
  private let root: FileNode?
  /// How often directories had been moved when it began.
  private let moves: UInt32

  /// Linux's MAXSYMLINKS and NAME_MAX.
  private static var greatestLinkCount: Int { 40 }
  private static var greatestNameCount: Int { 255 }
  /// A preemption point comes after so many bytes of the path. A step to another node costs as much
  /// as the bytes `stepCost`; a symbolic link, or a node of /proc or /dev, as much as a whole piece.
  private static var pieceSize: Int { 96 }
  private static var stepCost: Int { 48 }

  /// A walk along `path`, which begins in `directory` unless the path begins with a slash.
  @inline(__always)
  init(
    _ path: consuming PathBuffer<P>, from directory: FileNode, _ rules: PathRules = []
  ) {
    let isScoped = !rules.isDisjoint(with: .scoped)
    root = isScoped ? directory : P.rootDirectory
    node = !isScoped && path.first == UInt8(ascii: "/") ? root ?? .root : directory
    self.path = path
    self.rules = rules
    moves = root == nil ? 0 : P.tree.pointee.directoryMoves
    if let root { Files<P>.retain(root) }
  }

  /// The node at `path`, which is kernel memory; symbolic links are followed.
  ///
  /// - Throws: the errors of `run`, `outOfMemory`.
  @inline(never)
  static func find(_ path: Span<UInt8>, from directory: FileNode) throws(Errno) -> FileNode {
    var walk = PathWalk(try .copy(of: path), from: directory)
    return try walk.run(followsLast: true)
  }

  /// Walks to the end of the path and returns the node there. `followsLast` also follows a symbolic
  /// link in the last component.
  ///
  /// - Throws: `noEntry`, `notDirectory`, `symbolicLinkLoop`, `nameTooLong`; `interrupted` if the
  ///   thread is dying; `otherFileSystem` and `tryAgain` by its rules.
  mutating func run(followsLast: Bool) throws(Errno) -> FileNode {
    try walk(followsLast: followsLast, stopsAtLast: false)
    return node
  }

  /// Walks to the end of the path, or only to the directory of the last component, which then is
  /// the path.
  ///
  /// - Throws: as `run`.
  @inline(never)
  private mutating func walk(followsLast: Bool, stopsAtLast: Bool) throws(Errno) {
    guard path.count > 0 else { throw .noEntry }
    if root != nil { try enterRootIfAbsolute() }
    var cost = min(path.count, Self.pieceSize)  // Its copy costs about as much.
    repeat {
      let slashes = path.dropSlashes()
      guard isDirectory else { throw .notDirectory }
      // No preemption point after the last step: the node would be kept, and a kept node without a
      // name, such as an unlinked file in /proc/PID/fd, is an error at the end.
      guard path.count > 0 else { break }
      if cost >= Self.pieceSize {
        try giveWay()
        cost = 0
      }
      (nameCount, hash) = path.component()
      guard nameCount <= Self.greatestNameCount else { throw .nameTooLong }
      if stopsAtLast, isAtLast { return }
      // What a step to a node that is made on demand takes is not known here.
      let isLong = try step(followsLast: followsLast) || node.system != .tree
      cost += isLong ? Self.pieceSize : slashes + nameCount + Self.stepCost
    } while path.count > 0
    // The end of the walk ends this use; a node that has lost its name meanwhile would go with it.
    guard kept != node || Files<P>.status(node).links > 0 else { throw .noEntry }
  }

  /// Whether only slashes follow the component at the start of the path.
  private var isAtLast: Bool {
    var end = nameCount
    while end < path.count, path.text[end] == UInt8(ascii: "/") { end += 1 }
    return nameCount > 0 && end == path.count
  }

  @inline(never)
  deinit {
    if let kept { Files<P>.release(kept) }
    if let root { Files<P>.release(root) }
  }

  /// Whether the walk must not leave the directory in which it begins.
  private var isScoped: Bool { !rules.isDisjoint(with: .scoped) }

  /// A preemption point, at which the current node is kept.
  ///
  /// - Throws: `interrupted` if the thread is dying.
  private mutating func giveWay() throws(Errno) {
    keep()
    if P.mustEnd() { throw .interrupted }
  }

  /// Keeps the current node as long as the walk exists.
  private mutating func keep() {
    guard kept != node else { return }
    Files<P>.retain(node)
    if let kept { Files<P>.release(kept) }
    kept = node
  }

  /// The last component of a path.
  enum Last {
    /// A name in the directory; `name` has it.
    case name
    case dot, dotDot
    /// None: the path is that of the root directory.
    case root
  }

  /// Walks to the directory of the last component, which need not exist. The directory is kept as
  /// long as the walk exists.
  ///
  /// - Throws: as `run`.
  mutating func runToLast() throws(Errno) -> (directory: FileNode, last: Last) {
    try walk(followsLast: true, stopsAtLast: true)
    try giveWay()
    guard let first = path.first else { return (node, .root) }
    guard first == UInt8(ascii: ".") else { return (node, .name) }
    if nameCount == 1 { return (node, .dot) }
    return (node, nameCount == 2 && path.text[1] == UInt8(ascii: ".") ? .dotDot : .name)
  }

  /// The name that is the last component.
  var name: Span<UInt8> {
    @_lifetime(borrow self)
    get { path.text.extracting(first: nameCount) }
  }

  /// Whether a slash follows the last component.
  var hasSlash: Bool { path.count > nameCount }

  /// Goes on along the symbolic link that the last component leads to; `runToLast` then finds
  /// another one.
  ///
  /// - Throws: `noEntry`, `symbolicLinkLoop`, `nameTooLong`; `otherFileSystem` by the rules.
  mutating func followLast(_ link: FileNode) throws(Errno) {
    path.drop(nameCount)
    try follow(link)
  }

  /// Where `..` leads.
  ///
  /// - Throws: `otherFileSystem` by the rules; `tryAgain` if a directory was moved during a walk with
  ///   a scope, because the way up may no longer lead there.
  @inline(never)
  func parent() throws(Errno) -> FileNode {
    guard node != root else {
      guard !rules.contains(.beneath) else { throw .otherFileSystem }
      return node
    }
    guard !isScoped || P.tree.pointee.directoryMoves == moves else { throw .tryAgain }
    let parent = Files<P>.parent(of: node)
    try checkStep(from: node, to: parent)
    return parent
  }

  private mutating func enterRootIfAbsolute() throws(Errno) {
    guard path.first == UInt8(ascii: "/") else { return }
    guard !rules.contains(.beneath) else { throw .otherFileSystem }
    node = root ?? .root
  }

  /// Checks that a step to `next` is in the same file system, if it must be.
  ///
  /// - Throws: `otherFileSystem`.
  @inline(__always)
  func checkStep(from place: FileNode, to next: FileNode) throws(Errno) {
    if rules.contains(.sameFileSystem) { try checkFileSystem(place, next) }
  }

  @inline(never)
  private func checkFileSystem(_ place: FileNode, _ next: FileNode) throws(Errno) {
    guard Files<P>.status(place).deviceMinor == Files<P>.status(next).deviceMinor else {
      throw .otherFileSystem
    }
  }

  /// Checks that a magic link from `place` to `target` may be followed.
  ///
  /// - Throws: `symbolicLinkLoop`, `otherFileSystem`.
  func checkMagicLink(from place: FileNode, to target: FileNode) throws(Errno) {
    guard !rules.isEmpty else { return }
    guard rules.isDisjoint(with: [.noLinks, .noMagicLinks]) else { throw .symbolicLinkLoop }
    guard !isScoped else { throw .otherFileSystem }
    try checkStep(from: place, to: target)
  }

  /// Goes to the component at the start of the path. An empty one, after slashes and before others,
  /// leads nowhere.
  ///
  /// - Returns: whether it followed a symbolic link.
  @inline(__always)
  private mutating func step(followsLast: Bool) throws(Errno) -> Bool {
    let (next, type) = try next()
    path.drop(nameCount)
    // A link with a slash after it is always followed.
    guard type != FileStatus.link || !followsLast && path.count == 0 else {
      try follow(next)
      return true
    }
    node = next
    isDirectory = type == FileStatus.directory
    return false
  }

  /// The node of the component at the start of the path, and its type. Mutating, so that the compiler
  /// uses this walk and no copy of it.
  @inline(__always)
  private mutating func next() throws(Errno) -> (node: FileNode, type: UInt32) {
    guard nameCount > 0 else { return (node, FileStatus.directory) }
    if path.first == UInt8(ascii: ".") {
      if nameCount == 1 { return (node, FileStatus.directory) }
      if nameCount == 2, path.text[1] == UInt8(ascii: ".") {
        return (try parent(), FileStatus.directory)
      }
    }
    let name = path.text.extracting(first: nameCount)
    guard let entry = Files<P>.entry(of: node, named: name, hash) else { throw .noEntry }
    try checkStep(from: node, to: entry.node)
    return (entry.node, entry.type)
  }

  /// Follows `link`, a member of the current directory.
  @inline(never)
  private mutating func follow(_ link: FileNode) throws(Errno) {
    links += 1
    guard links <= Self.greatestLinkCount else { throw .symbolicLinkLoop }
    if let target = Files<P>.target(of: link) {
      try checkMagicLink(from: node, to: target)
      node = target
      return isDirectory = Files<P>.isDirectory(target)
    }
    guard !rules.contains(.noLinks) else { throw .symbolicLinkLoop }
    let count = try path.prepend { Files<P>.writeTarget(of: link, to: &$0) }
    guard count > 0 else { throw .noEntry }
    let place = node
    try enterRootIfAbsolute()
    try checkStep(from: place, to: node)
  }
}
