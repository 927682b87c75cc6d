// SPDX-License-Identifier: Apache-2.0
/// The file systems, each with its rows in `Files`.
enum FileSystem: UInt8, Sendable {
  /// The writable files in memory, with those of the initrd; its root directory is the root of all.
  case tree
  /// The devices in /dev.
  case devices
  /// The generated texts in /proc.
  case proc
  /// The kits in /dev/kits.
  case kits
  /// The pipes, which have no path.
  case pipes
  /// What eventfd makes.
  case counters
  /// What epoll_create makes.
  case polls
  /// What pidfd_open makes.
  case processes
  /// What timerfd_create makes.
  case timers
  /// What signalfd makes.
  case signals
  /// What socketpair makes.
  case sockets
  /// What inotify_init makes.
  case notifiers
  /// What mq_open makes.
  case queues
}

/// Identifies a file, directory, link or device: a file system, and a number that only this file
/// system interprets. A node without a name stays valid while it is in use (`Files.retain`). Code
/// that keeps the value while the kernel lock may be dropped must retain it.
public struct FileNode: Equatable, Sendable {
  let system: FileSystem
  let index: UInt32

  /// The node that `system` numbers `index`.
  @inline(__always)
  init(_ system: FileSystem, _ index: UInt32) {
    self.system = system
    self.index = index
  }

  /// The root directory.
  static var root: FileNode { FileNode(.tree, 0) }
}
