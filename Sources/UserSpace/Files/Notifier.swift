// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What inotify_init makes: the events of its watches, until they are read. It stays in place, in a
/// frame that also has room for events.
///
/// The events are in frames, each as a program reads it, a struct inotify_event:
///
///      0  the watch     4  the events     8  the cookie     12  the bytes of the name, 0 or 16n
///     16  the name, with zeros behind it
///
/// Behind the last event there is always room for one without a name, which says that others were
/// lost.
struct Notifier {
  /// Those who wait for an event.
  var waiters = FileWaiters()
  /// The frame that the notifier is in.
  let home: PhysicalFrame
  /// The frames with the oldest and with the newest event; the same one if there are no events.
  var first: PhysicalFrame
  var last: PhysicalFrame
  /// Where the oldest event begins in its frame, and the newest one.
  var start = NotifierFrame.start
  var newest = NotifierFrame.start
  /// The number of events, and of their bytes.
  var count: UInt32 = 0
  var byteCount: UInt32 = 0
  /// Whether one of them says that others were lost.
  var hasLost = false
  /// The number of the newest watch.
  var lastWatch: UInt32 = 0

  /// A notifier without events in the frame `home`.
  init(home: PhysicalFrame) { (self.home, first, last) = (home, home, home) }
}

/// The head of a frame with events. A notifier may follow, and then the events.
struct NotifierFrame {
  /// The frame with later events.
  var next: PhysicalFrame?
  /// The end of the last event.
  var end = Self.start

  /// Where a notifier begins, and the first event.
  static var notifier: Int { 16 }
  static var start: UInt32 { 128 }
}
