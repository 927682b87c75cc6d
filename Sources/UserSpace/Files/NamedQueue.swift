// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A POSIX message queue (mq_overview(7)). It stays in place, at the start of a frame of its own,
/// which also has its name.
struct NamedQueue {
  /// Those who wait for a message or for room.
  var waiters = FileWaiters()
  /// The frame that it is in.
  let home: PhysicalFrame
  /// The queue that was made before it and has a name too.
  var next: RecordReference<NamedQueue>?
  /// The most messages, and the most bytes of one.
  let limits: Limits
  /// The number of bytes of its name, and their hash.
  let nameCount: Int
  let nameHash: UInt32
  /// The number of open files that have it, and one more while it has its name.
  var users: UInt32 = 1
  /// The number of messages.
  var count: UInt32 = 0
  /// The number of threads that wait for a message.
  var receivers: UInt32 = 0
  /// What is notified of the next message in the empty queue; nil for nothing.
  var notice: Notice?

  /// The sizes that mq_open asks for.
  struct Limits {
    let count: UInt32
    let size: UInt32

    /// What a queue gets that is made without sizes (msg_default, msgsize_default).
    static var usual: Self { Self(count: 10, size: 8192) }

    /// The most (msg_max, msgsize_max): as many messages as one table has, each of at most 17
    /// frames.
    static var greatest: Self { Self(count: 256, size: 65536) }

    /// Whether a queue may have them.
    var areAllowed: Bool {
      1...Self.greatest.count ~= count && 1...Self.greatest.size ~= size
    }
  }

  /// A process to be notified (mq_notify).
  struct Notice {
    let owner: ProcessIdentity
    /// The signal, with its value; nil for none.
    let signal: Signal?
    let value: UInt32
  }

  /// A queue with a name and without messages.
  init(home: PhysicalFrame, limits: Limits, nameCount: Int, nameHash: UInt32) {
    self.home = home
    self.limits = limits
    self.nameCount = nameCount
    self.nameHash = nameHash
  }

  /// Where the name begins in the frame, and the most bytes of one.
  static var nameOffset: Int { 512 }
  static var greatestNameCount: Int { 255 }
  /// Where the table of the messages begins in the frame.
  static var messagesOffset: Int { 1024 }
  /// The greatest priority is below this one.
  static var priorityEnd: UInt32 { 32768 }
  /// The most queues with names (queues_max).
  static var greatestQueueCount: UInt32 { 256 }
}
