// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What is mounted where. A volume is mounted once, on a directory, which it covers with all that
/// was mounted there before: the directory knows the volume on top.
extension FileTree {
  /// The volume with a number below `volumeCount`.
  @inline(never)
  static func volume(_ number: Int) -> VolumeReference { P.tree.pointee.volumes.reference(number) }

  /// The number of volumes: as many as fit in a frame.
  static var volumeCount: Int { P.tree.pointee.volumes.count }

  /// The volume that holds a node.
  @inline(never)
  static func volume(of node: FileNode) -> VolumeReference {
    switch node.system {
    case .tree: volume(Int(inode(node).pointee.volume))
    case .devices, .kits: volume(.devices)
    case .proc: volume(Proc<P>.isOfSystem(node) ? .system : .proc)
    default: volume(Volume.memoryFiles)
    }
  }

  /// The volume of a generated file system.
  private static func volume(_ type: VolumeType) -> VolumeReference { volume(type.number) }

  /// Whether the names and attributes in the volume of a node can be changed.
  @inline(never)
  static func mayChange(_ node: FileNode) -> Bool {
    node.system == .tree && !volume(of: node).pointee.isReadOnly
  }

  /// Where `..` leads from the root of a volume, or from a directory that was removed: to the running
  /// process's root directory.
  @inline(never)
  static func parent(ofRoot node: FileNode) -> FileNode {
    let volume = volume(of: node)
    guard volume.pointee.root == node else { return P.rootDirectory ?? .root }
    return volume.pointee.point.map { Files<P>.parent(of: $0) } ?? node
  }

  /// Writes the whole path of the root of a volume: that of the place; nothing if it has none.
  @inline(never)
  static func writePlace(of volume: VolumeReference, to window: inout TextWindow) {
    if let point = volume.pointee.point { Files<P>.writeWholePath(of: point, to: &window) }
  }

  /// The number of the volume on top of a directory; 0 for none.
  @inline(never)
  private static func mount(on point: FileNode) -> UInt8 {
    if point.system == .tree { return inode(point).pointee.mount }
    return point == Devices<P>.sharedMemory ? P.tree.pointee.sharedMemoryMount : 0
  }

  /// The root of the volume on top of a directory; `point` itself if there is none.
  @inline(never)
  static func top(of point: FileNode) -> FileNode {
    let number = mount(on: point)
    return number == 0 ? point : volume(Int(number)).pointee.root ?? point
  }

  @inline(never)
  private static func setMount(on point: FileNode, _ number: UInt8) {
    if point.system == .tree {
      inode(point).pointee.mount = number
    } else {
      P.tree.pointee.sharedMemoryMount = number
    }
  }

  /// Mounts an empty file system, or a generated one, at `place`.
  ///
  /// - Returns: its volume.
  /// - Throws: `notDirectory`; `noEntry` for a directory that was removed; `invalid` if the volume
  ///   that holds the place is not mounted; `busy` for the root of all, and for a generated file
  ///   system that is mounted already; `readOnlyFileSystem` in generated ones, except for /dev/shm;
  ///   `noSpace` also for a place in too many volumes; `outOfMemory`.
  static func mount(
    _ type: VolumeType, at place: FileNode, _ limits: VolumeLimits
  ) throws(Errno) -> VolumeReference {
    let status = Files<P>.status(place)
    guard status.type == FileStatus.directory else { throw .notDirectory }
    guard status.links > 0 else { throw .noEntry }
    let holder = volume(of: place)
    guard holder.pointee.mount != 0 else { throw .invalid }
    var point = place
    if holder.pointee.root == place {
      guard let covered = holder.pointee.point else { throw .busy }
      point = covered
    }
    guard point.system == .tree || point == Devices<P>.sharedMemory else {
      throw .readOnlyFileSystem
    }
    var (outer, depth) = (holder, 0)
    while let point = outer.pointee.point { (outer, depth) = (self.volume(of: point), depth + 1) }
    guard depth < Volume.greatestDepth else { throw .noSpace }
    let volume: VolumeReference
    if type == .temporary {
      volume = try makeVolume(limits)
    } else {
      volume = self.volume(type)
      guard volume.pointee.mount == 0 else { throw .busy }
    }
    cover(point, with: volume)
    return volume
  }

  /// Makes a directory the place of a volume.
  static func cover(_ point: FileNode, with volume: VolumeReference) {
    Files<P>.retain(point)
    P.tree.pointee.lastMount &+= 1  // Wrapping: after 2^32 mounts.
    volume.pointee.mount = P.tree.pointee.lastMount
    volume.pointee.point = point
    volume.pointee.below = mount(on: point)
    setMount(on: point, volume.pointee.number)
  }

  /// Makes a root directory in a volume that is not used.
  ///
  /// - Throws: `noSpace`, `outOfMemory`.
  private static func makeVolume(_ limits: VolumeLimits) throws(Errno) -> VolumeReference {
    for number in Volume.firstFurther..<volumeCount {
      let volume = volume(number)
      guard volume.pointee.root == nil, volume.pointee.inodes == 0 else { continue }
      volume.pointee.limits = limits
      try makeRoot(of: volume)
      return volume
    }
    throw .noSpace
  }

  /// Makes the root directory of a volume.
  ///
  /// - Throws: `noSpace`, `outOfMemory`.
  static func makeRoot(of volume: VolumeReference) throws(Errno) {
    let root = try make(
      mode: FileStatus.directory | volume.pointee.limits.permissions, in: volume.pointee.number)
    inode(root).pointee.links = 2
    volume.pointee.root = root
  }

  /// Unmounts a volume. With `isLazy` that is also done while it is in use, and those that are
  /// mounted in it go with it; its files are removed after the last use.
  ///
  /// - Throws: `busy` for the root of all, for a volume that another one covers, and for one in use.
  static func unmount(_ volume: VolumeReference, isLazy: Bool) throws(Errno) {
    guard isLazy || volume.pointee.users == 0, uncover(volume) else { throw .busy }
    var number = 1
    while number < volumeCount {
      let other = self.volume(number)
      number += 1
      // From the beginning: others may have been mounted in this one, or below it.
      if let point = other.pointee.point, self.volume(of: point).pointee.mount == 0,
        uncover(other)
      {
        number = 1
      }
      _ = P.mustEnd()  // A preemption point.
    }
  }

  /// Unmounts a volume that is on top of its place. False for others.
  @inline(never)
  private static func uncover(_ volume: VolumeReference) -> Bool {
    guard let point = volume.pointee.point, mount(on: point) == volume.pointee.number else {
      return false
    }
    setMount(on: point, volume.pointee.below)
    volume.pointee.point = nil
    volume.pointee.mount = 0
    volume.pointee.isReadOnly = false
    Files<P>.release(point)
    requestVolumeDrop()
    return true
  }

  /// Has `dropVolumes` called before the running thread returns to user mode.
  @inline(never)
  static func requestVolumeDrop() {
    P.tree.pointee.hasAbandonedVolume = true
    P.requestPageDrop()
  }

  /// Removes the files of the volumes that are neither mounted nor in use, with preemption points.
  static func dropVolumes() {
    P.tree.pointee.hasAbandonedVolume = false
    for number in 1..<volumeCount {
      let volume = volume(number)
      guard volume.pointee.isAbandoned, let root = volume.pointee.root else { continue }
      volume.pointee.root = nil  // No other thread finds it any more.
      retain(root)
      empty(root)
      inode(root).pointee.links = 0
      release(root)
    }
  }

  /// Removes all names below `root`, the deepest first.
  private static func empty(_ root: FileNode) {
    var directory = root
    while true {
      if let member = inode(directory).pointee.firstMember {
        let child = FileNode(.tree, UInt32(member.pointee.inode))
        if inode(child).pointee.firstMember != nil { directory = child } else { unlink(member) }
      } else {
        guard let name = name(of: directory) else { return }
        directory = FileNode(.tree, UInt32(name.pointee.directory))
      }
      _ = P.mustEnd()  // A preemption point.
    }
  }
}
