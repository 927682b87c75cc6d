// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The types of file systems that can be mounted.
enum VolumeType: UInt8 {
  case root, temporary, devices, proc, system

  /// The name, as mount(2) has it.
  var name: StaticString {
    @inline(never)
    get {
      switch self {
      case .root: "rootfs"
      case .temporary: "tmpfs"
      case .devices: "devtmpfs"
      case .proc: "proc"
      case .system: "sysfs"
      }
    }
  }

  /// The type that programs can mount by this name; nil if there is none.
  init?(named name: Span<UInt8>) {
    self = .system
    while !name.isEqual(to: self.name) {
      guard self != .temporary, let next = Self(rawValue: rawValue - 1) else { return nil }
      self = next
    }
  }

  /// The number of the only volume of a generated file system.
  var number: Int { Int(rawValue) + 2 }
}

/// A file system: where it is mounted, and if its files are inodes, what they take, as the tmpfs of
/// Linux.
struct Volume {
  let type: VolumeType
  /// What its inodes have in `Inode.volume`.
  let number: UInt8
  /// The number of its mount, which grows with each one; 0 if it is not mounted.
  var mount: UInt32 = 0
  /// Its root directory; nil if there is none, or its files are being removed.
  var root: FileNode?
  /// The directory that it covers, which has a user for it; nil for the root of all, and if it is
  /// not mounted.
  var point: FileNode?
  /// The number of the volume that was mounted there before; 0 for none.
  var below: UInt8 = 0
  /// Whether its files and names cannot be changed.
  var isReadOnly = false
  var limits: VolumeLimits
  /// What mount(2) calls the source, up to 64 bytes.
  var source: MachineName
  var pages: UInt32 = 0
  var inodes: UInt32 = 0
  /// The inodes that have a user (`Files.retain`); of a generated file system, the uses of its nodes.
  var users: UInt32 = 0

  /// The volume `number`, which is not mounted and has no files.
  init(_ number: Int, _ limits: VolumeLimits) {
    type =
      switch number {
      case 0: .root
      case VolumeType.devices.number: .devices
      case VolumeType.proc.number: .proc
      case VolumeType.system.number: .system
      default: .temporary
      }
    self.number = UInt8(number)
    self.limits = limits
    source = MachineName(type.name)
  }

  /// Whether its files can no longer be found.
  @inline(__always)
  var isAbandoned: Bool { users == 0 && mount == 0 && root?.system == .tree }

  /// The numbers of what the boot mounts in /tmp, /run and /dev/shm.
  static var temporary: Int { 1 }
  static var run: Int { 2 }
  static var sharedMemory: Int { 3 }
  /// That of files without a path, which is never mounted.
  static var memoryFiles: Int { 9 }
  /// The first of those that programs can mount. 7 and 8 are not used, because their device numbers
  /// would be those of others (`FileStatus.deviceMinor`).
  static var firstFurther: Int { 10 }
  /// The most volumes that are mounted in one another: a path is written by a call for each.
  static var greatestDepth: Int { 10 }
}

/// A reference to a volume, which never moves.
typealias VolumeReference = RecordReference<Volume>
