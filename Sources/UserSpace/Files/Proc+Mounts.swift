// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The texts about what is mounted (proc(5)).
extension Proc {
  /// /proc/PID/mounts, or mountinfo if it `isDetailed`: a line for each mounted file system below the
  /// reader's root directory, in the order of their mounts. A preemption point after each.
  static func describeMounts(isDetailed: Bool, to window: inout TextWindow) {
    var first = UInt32(truncatingIfNeeded: window.first)
    while !window.hasMore, let volume = volume(from: first) {
      describe(volume, isDetailed, to: &window)
      first = volume.pointee.mount + 1
      window.endRecord(next: Word(first))
      if P.mustEnd() { return }
    }
  }

  /// The volume whose mount has the least number that is not below `first`; nil if there is none.
  private static func volume(from first: UInt32) -> VolumeReference? {
    var found: VolumeReference?
    for number in 0..<FileTree<P>.volumeCount {
      let volume = FileTree<P>.volume(number)
      let mount = volume.pointee.mount
      if mount != 0, mount >= first, mount < found?.pointee.mount ?? .max { found = volume }
    }
    return found
  }

  private static func describe(
    _ volume: VolumeReference, _ isDetailed: Bool, to window: inout TextWindow
  ) {
    guard let root = volume.pointee.root, Files<P>.isReachable(root) else { return }
    if isDetailed {
      window.decimal(UInt64(volume.pointee.mount))
      window.put(UInt8(ascii: " "))
      var parent = volume
      if let point = volume.pointee.point {
        let below = Int(volume.pointee.below)
        parent = below != 0 ? FileTree<P>.volume(below) : FileTree<P>.volume(of: point)
      }
      window.decimal(UInt64(parent.pointee.mount))
      window.text(" 0:")
      window.decimal(UInt64(Files<P>.status(root).deviceMinor))
      window.text(" / ")
    } else {
      volume.pointee.source.write(to: &window)
      window.put(UInt8(ascii: " "))
    }
    Files<P>.writePath(of: root, to: &window)
    window.put(UInt8(ascii: " "))
    let access: StaticString = volume.pointee.isReadOnly ? "ro" : "rw"
    if isDetailed {
      window.text(access)
      window.text(",relatime - ")
    }
    window.text(volume.pointee.type.name)
    window.put(UInt8(ascii: " "))
    if isDetailed {
      volume.pointee.source.write(to: &window)
      window.put(UInt8(ascii: " "))
    }
    window.text(access)
    if !isDetailed { window.text(",relatime") }
    if volume.pointee.type == .temporary { describe(volume.pointee.limits, to: &window) }
    window.text(isDetailed ? "\n" : " 0 0\n")
  }

  /// Writes the options that are not as when none are given.
  private static func describe(_ limits: VolumeLimits, to window: inout TextWindow) {
    let usual = P.tree.pointee.pool.totalCount / 2
    if limits.pages != usual {
      window.text(",size=")
      window.decimal(limits.pages == .max ? 0 : UInt64(limits.pages) * 4)
      window.text("k")
    }
    if limits.inodes != usual {
      window.text(",nr_inodes=")
      window.decimal(limits.inodes == .max ? 0 : UInt64(limits.inodes))
    }
    if limits.permissions != 0o1777 {
      window.text(",mode=")
      octal(limits.permissions, to: &window)
    }
  }

  /// The number of the mount in which a node is, as fdinfo shows it.
  static func mountNumber(of node: FileNode) -> UInt64 {
    let mount = FileTree<P>.volume(of: node).pointee.mount
    return mount == 0 ? 10 : UInt64(mount)
  }
}
