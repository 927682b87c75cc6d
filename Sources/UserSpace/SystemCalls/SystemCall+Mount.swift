// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Flags of mount (linux/mount.h).
private enum MountFlag {
  static var readOnly: UInt32 { 1 }
  static var remount: UInt32 { 0x20 }
  /// MS_BIND and MS_MOVE, which this kernel does not have.
  static var bind: UInt32 { 0x1000 }
  static var move: UInt32 { 0x2000 }
  /// MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE and MS_SHARED.
  static var propagation: UInt32 { 0x1e_0000 }
  /// Those that change what is mounted.
  static var changes: UInt32 { remount | bind | move | propagation }
  /// MS_NOUSER.
  static var kernelOnly: UInt32 { 0x8000_0000 }
}

/// Flags of umount2 (linux/fs.h).
private enum UnmountFlag {
  static var lazy: UInt32 { 2 }
  /// MNT_EXPIRE, which this kernel does not have.
  static var expire: UInt32 { 4 }
  static var noFollow: UInt32 { 8 }
  static var all: UInt32 { 0xf }
}

/// What is mounted where.
extension SystemCall {
  /// mount: the source, the place, the type, the flags, the options. Flags that are no case of
  /// `MountFlag` have no effect.
  @inline(never)
  func mount() throws(Errno) -> Word {
    let type = try name(at: address(2), or: "")
    let source = try name(at: address(0), or: "none")
    let options = try name(at: address(4), or: "")
    let place = try resolve(at: FileNode.currentDirectory, address(1), followsLast: true)
    let flags = argument(3)
    guard flags & MountFlag.kernelOnly == 0 else { throw .invalid }
    guard flags & MountFlag.changes == 0 else {
      return try change(mounted(at: place), flags, options)
    }
    guard address(2) != 0 else { throw .invalid }
    guard let kind = VolumeType(named: type.text) else { throw .noDevice }
    let memory = process.pointee.space.pool.totalCount
    var limits = VolumeLimits(pages: memory / 2)
    try limits.take(options, memory: memory)
    let volume = try FileTree<P>.mount(kind, at: place, limits)
    volume.pointee.source = source
    volume.pointee.isReadOnly = flags & MountFlag.readOnly != 0
    return 0
  }

  /// The first 64 bytes of the string at user `address`; `literal` for a null pointer.
  @inline(never)
  private func name(
    at address: UserAddress, or literal: StaticString
  ) throws(Errno) -> MachineName {
    guard address != 0 else { return MachineName(literal) }
    do throws(Errno) { return try Self.name(in: .loaded(from: address)) } catch {
      throw error == .nameTooLong ? .invalid : error
    }
  }

  /// The first 64 bytes of a string, which is borrowed: the compiler fails at one that is consumed
  /// where errors are caught.
  @inline(never)
  private static func name(in text: borrowing PathBuffer<P>) -> MachineName {
    MachineName(text.text)
  }

  /// The volume that is mounted with its root at `place`.
  ///
  /// - Throws: `invalid` if there is none.
  @inline(never)
  private func mounted(at place: FileNode) throws(Errno) -> VolumeReference {
    let volume = FileTree<P>.volume(of: place)
    guard volume.pointee.root == place, volume.pointee.mount != 0 else { throw .invalid }
    return volume
  }

  /// Changes the limits of a volume, and whether it is read-only; with MS_BIND only that. Its
  /// propagation has no effect, because there are no copies of mounts.
  ///
  /// - Throws: `invalid` if the volume holds more than the limits, and for what this kernel does not
  ///   have; `busy` if files are open for writing that would be read-only.
  private func change(
    _ volume: VolumeReference, _ flags: UInt32, _ options: MachineName
  ) throws(Errno) -> Word {
    var limits = volume.pointee.limits
    guard flags & MountFlag.remount != 0 else {
      guard flags & (MountFlag.bind | MountFlag.move) == 0 else { throw .invalid }
      return 0
    }
    if flags & MountFlag.bind == 0 {
      try limits.take(options, memory: process.pointee.space.pool.totalCount)
    }
    let isReadOnly = flags & MountFlag.readOnly != 0
    if isReadOnly {
      let mount = volume.pointee.mount
      let writer = P.openFiles.first(
        where: { (file) in
          file.mayWrite && file.node.system == .tree
            && FileTree<P>.volume(of: file.node) == volume
            && Files<P>.type(file.node) == FileStatus.regular
        }, orEndIf: { P.mustEnd() })
      // What another thread opened meanwhile stays writable.
      guard writer == nil, volume.pointee.mount == mount else { throw .busy }
    }
    // After the search, because other threads may have written meanwhile.
    guard Self.mayLimit(volume.pointee.limits.pages, volume.pointee.pages, to: limits.pages),
      Self.mayLimit(volume.pointee.limits.inodes, volume.pointee.inodes, to: limits.inodes)
    else { throw .invalid }
    limits.permissions = volume.pointee.limits.permissions
    volume.pointee.limits = limits
    volume.pointee.isReadOnly = isReadOnly
    return 0
  }

  /// Whether a limit may become `wanted` while `count` exist. As in Linux, what had no limit does not
  /// get one.
  private static func mayLimit(_ limit: UInt32, _ count: UInt32, to wanted: UInt32) -> Bool {
    wanted == .max || limit != .max && wanted >= count
  }

  /// umount2: the path of a volume's root, the flags.
  @inline(never)
  func unmountVolume() throws(Errno) -> Word {
    let flags = argument(1)
    guard flags & ~UnmountFlag.all == 0 else { throw .invalid }
    let place = try resolve(
      at: FileNode.currentDirectory, address(0), followsLast: flags & UnmountFlag.noFollow == 0)
    let volume = try mounted(at: FileTree<P>.top(of: place))
    guard flags & UnmountFlag.expire == 0 else { throw .invalid }
    try FileTree<P>.unmount(volume, isLazy: flags & UnmountFlag.lazy != 0)
    return 0
  }
}
