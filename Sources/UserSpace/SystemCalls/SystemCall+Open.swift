// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Flags of open (asm-generic/fcntl.h, linux/fcntl.h).
private enum OpenFlag {
  static var create: UInt32 { 0o100 }
  static var exclusive: UInt32 { 0o200 }
  /// O_NOCTTY.
  static var keepsTerminal: UInt32 { 0o400 }
  static var truncate: UInt32 { 0o1000 }
  static var closeOnExec: UInt32 { 0o2000000 }
  /// __O_TMPFILE, without O_DIRECTORY.
  static var temporary: UInt32 { 0o20000000 }
}

/// Calls that open files.
extension SystemCall {
  /// open, openat and creat: the path, flags and the mode of a new file. Returns the lowest free
  /// descriptor.
  @inline(never)
  func open(
    at directory: UInt32, path: UserAddress, flags: UInt32, mode: UInt32, _ rules: PathRules = []
  ) throws(Errno) -> Word {
    var flags = flags
    if flags & OpenFile.pathOnly != 0 {
      flags &=
        OpenFile.pathOnly | P.ABI.directoryOnly | P.ABI.noFollow | OpenFlag.closeOnExec
    } else if flags & OpenFlag.temporary != 0 {
      guard flags & P.ABI.directoryOnly != 0, flags & 3 != 0, flags & OpenFlag.create == 0 else {
        throw .invalid
      }
      return try openTemporary(at: directory, path, flags, mode, rules)
    }
    guard flags & OpenFlag.create != 0 else {
      let node = try resolve(
        at: directory, path, followsLast: flags & P.ABI.noFollow == 0, rules)
      return try open(node, flags)
    }
    var walk = try walk(at: directory, path, rules)
    let (node, isNew) = try create(along: &walk, flags, mode)
    Files<P>.retain(node)  // The report has preemption points.
    defer { Files<P>.release(node) }
    if isNew { Watches<P>.report(.create, of: node) }
    // A new file whose open fails stays, as on Linux.
    return try open(node, isNew ? flags & ~(OpenFlag.exclusive | OpenFlag.truncate) : flags)
  }

  /// openat2: the directory, the path, a struct open_how, and its size (linux/openat2.h).
  ///
  /// - Throws: what `open` throws; `argumentsTooLong` for what this kernel does not know;
  ///   `otherFileSystem`, `symbolicLinkLoop` and `tryAgain` by RESOLVE_….
  @inline(never)
  func openByRules() throws(Errno) -> Word {
    let words: InlineArray<3, UInt64> = try loadExtensible(address(2), size: word(3), least: 24)
    let (mode, resolve) = (words[1], words[2])
    let flags = UInt32(truncatingIfNeeded: words[0])
    // The access mode, and all flags from O_CREAT to __O_TMPFILE.
    guard words[0] & ~0o37777703 == 0, resolve & ~0x3f == 0, resolve & 0x18 != 0x18 else {
      throw .invalid
    }
    let makesFile = flags & (OpenFlag.create | OpenFlag.temporary) != 0
    guard makesFile ? mode & ~0o7777 == 0 : mode == 0 else { throw .invalid }
    let withPath =
      OpenFile.pathOnly | P.ABI.directoryOnly | P.ABI.noFollow | OpenFlag.closeOnExec
    guard flags & OpenFile.pathOnly == 0 || flags & ~withPath == 0 else { throw .invalid }
    guard
      flags & OpenFlag.temporary == 0
        || flags & P.ABI.directoryOnly != 0 && flags & 3 != 0 && flags & OpenFlag.create == 0
    else { throw .invalid }
    // RESOLVE_CACHED: all names are in memory.
    guard resolve & 0x20 == 0 || !makesFile && flags & OpenFlag.truncate == 0 else {
      throw .tryAgain
    }
    return try open(
      at: argument(0), path: address(1), flags: flags, mode: UInt32(truncatingIfNeeded: mode),
      PathRules(rawValue: UInt8(truncatingIfNeeded: resolve & 0x1f)))
  }

  /// The node at the end of a path, which is made if there is none.
  private func create(
    along walk: inout PathWalk<P>, _ flags: UInt32, _ mode: UInt32
  ) throws(Errno) -> (node: FileNode, isNew: Bool) {
    let follows = flags & (P.ABI.noFollow | OpenFlag.exclusive) == 0
    while true {
      let (directory, last) = try walk.runToLast()
      if last == .dotDot { _ = try walk.parent() }
      guard last == .name else { throw flags & OpenFlag.exclusive != 0 ? .exists : .isDirectory }
      guard !walk.hasSlash else { throw .isDirectory }
      if let (child, type) = Files<P>.entry(of: directory, named: walk.name, walk.hash) {
        try walk.checkStep(from: directory, to: child)
        if flags & OpenFlag.exclusive != 0 { throw .exists }
        guard follows, type == FileStatus.link else { return (child, false) }
        if let target = Files<P>.target(of: child) {
          try walk.checkMagicLink(from: directory, to: target)
          return (target, false)
        }
        try walk.followLast(child)
        continue
      }
      guard FileTree<P>.mayChange(directory) else { throw .readOnlyFileSystem }
      let node = try FileTree<P>.create(
        FileStatus.regular | mode & 0o7777 & ~process.pointee.fileMask, named: walk.name,
        in: directory)
      return (node, true)
    }
  }

  /// open with O_TMPFILE: a file without a name in the volume of a directory.
  private func openTemporary(
    at directory: UInt32, _ path: UserAddress, _ flags: UInt32, _ mode: UInt32, _ rules: PathRules
  ) throws(Errno) -> Word {
    let parent = try resolve(
      at: directory, path, followsLast: flags & P.ABI.noFollow == 0, rules)
    guard Files<P>.isDirectory(parent) else { throw .notDirectory }
    guard parent.system == .tree else { throw .notSupported }
    guard FileTree<P>.mayChange(parent) else { throw .readOnlyFileSystem }
    return try openUnnamed(
      mode & 0o7777 & ~process.pointee.fileMask, in: FileTree<P>.inode(parent).pointee.volume,
      flags & ~(OpenFlag.temporary | P.ABI.directoryOnly),
      isLinkable: flags & OpenFlag.exclusive == 0)
  }

  /// Opens a new regular file without a name, which linkat may give one if `isLinkable`.
  func openUnnamed(
    _ mode: UInt32, in volume: UInt8, _ flags: UInt32, isLinkable: Bool,
    seals: FileSeals = .further
  ) throws(Errno) -> Word {
    let node = try FileTree<P>.make(mode: FileStatus.regular | mode, in: volume)
    FileTree<P>.retain(node)
    defer { FileTree<P>.release(node) }
    FileTree<P>.inode(node).pointee.isLinkable = isLinkable
    FileTree<P>.inode(node).pointee.seals = seals
    return try open(node, flags)
  }

  /// Opens an existing node; of several errors, Linux's first one is thrown.
  private func open(_ node: FileNode, _ flags: UInt32) throws(Errno) -> Word {
    let (opened, type) = try device(of: node, flags)
    try checkOpen(opened, type, flags)
    let kept =
      flags & ~(OpenFlag.create | OpenFlag.exclusive | OpenFlag.truncate | OpenFlag.closeOnExec)
    let closesOnExec = flags & OpenFlag.closeOnExec != 0
    let isFifo = type == FileStatus.fifo
    if flags & OpenFile.pathOnly == 0, isFifo || opened.system == .devices {
      // A terminal must be readable to become the controlling one.
      let mayAcquire = flags & OpenFlag.keepsTerminal == 0 && flags & 3 != 1
      let descriptor = try files.open(
        opened, flags: kept, closesOnExec: closesOnExec, below: descriptorLimit
      ) { (file) throws(Errno) in
        if opened.system == .pipes { return try Pipes<P>.reopen(file) }
        if isFifo { return try FileTree<P>.openFifo(file) }
        try Devices<P>.opened(file, mayAcquire: mayAcquire)
      }
      Watches<P>.report(.open, of: opened)
      return Word(descriptor)
    }
    let isRegular = opened.system == .tree && type == FileStatus.regular
    if isRegular, flags & OpenFlag.truncate != 0 {
      try FileTree<P>.checkSize(0, of: FileTree<P>.inode(opened))
    }
    let descriptor = try files.open(
      opened, flags: kept, closesOnExec: closesOnExec, below: descriptorLimit)
    if isRegular {
      if flags & 3 != 0 { FileTree<P>.inode(opened).pointee.mayDiffer = true }
      if flags & OpenFlag.truncate != 0 {
        Files<P>.retain(opened)  // Another thread may close the descriptor.
        defer { Files<P>.release(opened) }
        try FileTree<P>.truncate(opened, to: 0)
        Watches<P>.report(.modify, of: opened)
        Watches<P>.report(.open, of: opened)
        return Word(descriptor)
      }
    }
    if Watches<P>.areWatched(.open), flags & OpenFile.pathOnly == 0 {
      Watches<P>.report(.open, of: opened)
    }
    return Word(descriptor)
  }

  /// The device that a device node of the tree stands for, any other node itself; and its type.
  ///
  /// - Throws: `noSuchDevice` for one that this kernel does not have, and for a file without a
  ///   path, which /proc/PID/fd leads to.
  private func device(
    of node: FileNode, _ flags: UInt32
  ) throws(Errno) -> (node: FileNode, type: UInt32) {
    let type = Files<P>.type(node)
    guard flags & OpenFile.pathOnly == 0 else { return (node, type) }
    switch node.system {
    case .tree: break
    case .devices, .proc, .pipes, .kits: return (node, type)
    case .counters, .polls, .processes, .timers, .signals, .sockets, .notifiers, .queues:
      throw .noSuchDevice
    }
    switch type {
    case FileStatus.regular, FileStatus.directory, FileStatus.link, FileStatus.fifo:
      return (node, type)
    case FileStatus.character:
      guard let device = Devices<P>.node(FileTree<P>.inode(node).pointee.device) else {
        throw .noSuchDevice
      }
      return (device, Files<P>.type(device))
    default: throw .noSuchDevice
    }
  }

  private func checkOpen(_ node: FileNode, _ type: UInt32, _ flags: UInt32) throws(Errno) {
    let isCreating = flags & OpenFlag.create != 0
    let isWriting = flags & 3 != 0 || flags & OpenFlag.truncate != 0
    switch type {
    case FileStatus.directory:
      guard !isWriting, !isCreating else { throw .isDirectory }
    case FileStatus.link:
      guard flags & P.ABI.directoryOnly == 0 else { throw .notDirectory }
      guard flags & OpenFile.pathOnly != 0 else { throw .symbolicLinkLoop }
    default:
      guard flags & P.ABI.directoryOnly == 0 else { throw .notDirectory }
      guard !isWriting || mayWrite(node, Files<P>.status(node)) else {
        // The mode of a kit is a right that its manifest gives, also to root.
        throw node.system == .kits ? .accessDenied : .readOnlyFileSystem
      }
      if isWriting { try checkNotExecuted(node) }
    }
  }

  /// Checks that no process runs the file.
  ///
  /// - Throws: `programBusy`.
  func checkNotExecuted(_ node: FileNode) throws(Errno) {
    guard node.system == .tree, FileTree<P>.inode(node).pointee.users > 0 else { return }
    let isExecuted = P.processes.withLock { table in
      for slot in 0..<table.entryEnd where table[slot].record?.pointee.executable == node {
        return true
      }
      return false
    }
    guard !isExecuted else { throw .programBusy }
  }

  /// Whether a file may be written: those of the tree, devices, pipes, and texts that take bytes;
  /// on a volume that is read-only, devices and pipes.
  func mayWrite(_ node: FileNode, _ status: FileStatus) -> Bool {
    if status.type == FileStatus.character || status.type == FileStatus.fifo { return true }
    guard node.system == .tree || status.type == FileStatus.regular && status.mode & 0o222 != 0
    else { return false }
    return !FileTree<P>.volume(of: node).pointee.isReadOnly
  }
}
