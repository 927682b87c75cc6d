// SPDX-License-Identifier: Apache-2.0

/// What happens to files, with the flags of a watch and of an event (linux/inotify.h).
struct WatchEvents: OptionSet {
  /// The bits as inotify has them.
  let rawValue: UInt32

  static var access: Self { Self(rawValue: 0x1) }
  static var modify: Self { Self(rawValue: 0x2) }
  static var attributes: Self { Self(rawValue: 0x4) }
  /// The last close of a file that was open for writing, and of another one.
  static var closeWrite: Self { Self(rawValue: 0x8) }
  static var closeOther: Self { Self(rawValue: 0x10) }
  static var close: Self { Self(rawValue: 0x18) }
  static var open: Self { Self(rawValue: 0x20) }
  static var movedFrom: Self { Self(rawValue: 0x40) }
  static var movedTo: Self { Self(rawValue: 0x80) }
  static var create: Self { Self(rawValue: 0x100) }
  static var delete: Self { Self(rawValue: 0x200) }
  static var deleteSelf: Self { Self(rawValue: 0x400) }
  static var moveSelf: Self { Self(rawValue: 0x800) }
  static var all: Self { Self(rawValue: 0xfff) }

  /// What events have besides: some were lost; the watch has ended; the file is a directory.
  static var overflow: Self { Self(rawValue: 0x4000) }
  static var ignored: Self { Self(rawValue: 0x8000) }
  static var directory: Self { Self(rawValue: 1 << 30) }

  /// The flags of inotify_add_watch: IN_ONLYDIR, IN_DONT_FOLLOW, IN_MASK_CREATE, IN_MASK_ADD and
  /// IN_ONESHOT.
  static var onlyDirectories: Self { Self(rawValue: 1 << 24) }
  static var noFollow: Self { Self(rawValue: 1 << 25) }
  static var onlyNew: Self { Self(rawValue: 1 << 28) }
  static var further: Self { Self(rawValue: 1 << 29) }
  static var once: Self { Self(rawValue: 1 << 31) }
  /// All bits that inotify_add_watch accepts.
  static var arguments: Self { Self(rawValue: 0xf700_efff) }
}

/// What inotify_add_watch makes: the events of a file that a notifier queues. It lives until its
/// notifier is closed, the file is freed, or the program removes it.
struct Watch {
  let node: FileNode
  let notifier: RecordReference<Notifier>
  /// The number by which the program knows it.
  let descriptor: UInt32
  /// A number that grows with each new watch (`FileObjects.newNumber`).
  let number: UInt32
  /// The events, `once`, and always `ignored`.
  var events: WatchEvents = []
  /// The next watch of the same list: an older one.
  var next: RecordReference<Watch>?
}
