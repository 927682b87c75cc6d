// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Texts about the system that programs for Linux read.
extension Proc {
  /// /proc/PID/mounts: a line for each mounted file system.
  static func describeMounts(to window: inout TextWindow) {
    window.text("rootfs / rootfs rw 0 0\n")
    var number: UInt8 = 1
    while let mount = Mount(rawValue: number) {
      let type: StaticString
      switch mount.root.system {
      case .devices: type = "devtmpfs"
      case .proc: type = "proc"
      default: type = "tmpfs"
      }
      describeMount(type, at: mount.root, to: &window)
      number += 1
    }
    describeMount("tmpfs", at: FileTree<P>.sharedMemory, to: &window)
  }

  private static func describeMount(
    _ type: StaticString, at root: FileNode, to window: inout TextWindow
  ) {
    window.text(type)
    window.text(" ")
    Files<P>.writePath(of: root, to: &window)
    window.text(" ")
    window.text(type)
    window.text(" rw,relatime 0 0\n")
  }

  /// A text of one line that never changes.
  @inline(never)
  static func line(_ text: StaticString, to window: inout TextWindow) {
    window.text(text)
    window.text("\n")
  }

  /// /proc/version.
  static func describeVersion(to window: inout TextWindow) {
    window.text(SystemName.system)
    window.text(" version ")
    window.text(SystemName.release)
    window.text(" ")
    window.text(SystemName.version)
    window.text("\n")
  }

  /// /proc/sys/kernel/random/uuid: a random UUID (RFC 4122, version 4), another at each read.
  static func describeUUID(to window: inout TextWindow) {
    var words = P.randomWords()
    words[1] = words[1] & 0xffff_0fff | 0x4000
    words[2] = words[2] & 0x3fff_ffff | 0x8000_0000
    window.hexadecimal(words[0])
    window.text("-")
    window.hexadecimal(words[1] >> 16, width: 4)
    window.text("-")
    window.hexadecimal(words[1] & 0xffff, width: 4)
    window.text("-")
    window.hexadecimal(words[2] >> 16, width: 4)
    window.text("-")
    window.hexadecimal(words[2] & 0xffff, width: 4)
    window.hexadecimal(words[3])
    window.text("\n")
  }
}
