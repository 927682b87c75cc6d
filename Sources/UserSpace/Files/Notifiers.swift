// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The files that inotify_init makes (inotify(7)), and their events. `Watches` has what they watch.
enum Notifiers<P: FilePlatform>: ObjectOperations {
  typealias Reference = RecordReference<Notifier>

  /// The most notifiers (max_user_instances), and the most events of one (max_queued_events).
  static var greatestCount: UInt32 { 128 }
  static var greatestEventCount: UInt32 { 16384 }
  /// The bytes of an event without a name.
  private static var eventSize: UInt32 { 16 }

  private static var pool: FramePool<P.CPU, P.Memory> { P.tree.pointee.pool }

  /// What inotify_init made for an open file; nil for another file.
  static func notifier(of file: FileReference) -> Reference? {
    if case .notifier(let notifier) = file.file.object { notifier } else { nil }
  }

  private static func queue(_ notifier: Reference) -> FileWait<P>.Queue {
    // The queue is in the notifier, which stays in place while it is open.
    notifier.pointee.waiters.reference
  }

  private static func head(_ frame: PhysicalFrame) -> RecordReference<NotifierFrame> {
    RecordTable(in: frame, of: P.Memory.self).reference(0)
  }

  /// The words of the event that begins at `place` in a frame.
  private static func event(_ frame: PhysicalFrame, _ place: UInt32) -> RecordTable<UInt32> {
    RecordTable(in: frame, from: Int(place), of: P.Memory.self)
  }

  /// The name of that event.
  private static func name(_ frame: PhysicalFrame, _ place: UInt32) -> RecordTable<UInt8> {
    RecordTable(in: frame, from: Int(place + eventSize), of: P.Memory.self)
  }

  /// Makes a notifier without watches.
  ///
  /// - Throws: `tooManyFiles` if there are too many, `outOfMemory`.
  static func make() throws(Errno) -> Reference {
    guard P.fileObjects.pointee.notifierCount < greatestCount else { throw .tooManyFiles }
    guard let home = newFrame() else { throw .outOfMemory }
    let notifier = RecordTable<Notifier>(
      in: home, from: NotifierFrame.notifier, of: P.Memory.self
    ).reference(0)
    begin(notifier, in: home)
    P.fileObjects.pointee.notifierCount += 1
    return notifier
  }

  /// Initialises a notifier. Out of line, because its place in a frame is a constant otherwise, and
  /// that of each of its fields.
  @inline(never)
  private static func begin(_ notifier: Reference, in home: PhysicalFrame) {
    notifier.pointee = Notifier(home: home)
  }

  /// A frame without events; nil if there is no memory.
  @inline(never)
  private static func newFrame() -> PhysicalFrame? {
    guard let frame = try? pool.allocateCold(zeroed: false) else { return nil }
    head(frame).pointee = NotifierFrame()
    return frame
  }

  /// Frees a notifier to which no file refers, with its watches.
  static func free(_ notifier: Reference) {
    Watches<P>.removeAll(of: notifier)
    let home = notifier.pointee.home
    while notifier.pointee.count > 0 {
      removeFirst(notifier)
      _ = P.mustEnd()  // A preemption point.
    }
    if notifier.pointee.first != home { pool.release(notifier.pointee.first) }
    pool.release(home)
    P.fileObjects.pointee.notifierCount -= 1
  }

  static func closed(_ file: FileReference) {
    if let notifier = notifier(of: file) { free(notifier) }
  }

  // Events.

  /// Queues an event of a watch, unless the newest one is equal to it. As on Linux, cookies are not
  /// compared. If there are too many events or there is no memory, it is lost.
  @inline(never)
  static func append(
    _ events: WatchEvents, of watch: UInt32, _ text: Span<UInt8>, _ cookie: UInt32,
    to notifier: Reference
  ) {
    var head: InlineArray<4, UInt32> = [
      watch, events.rawValue, cookie, text.isEmpty ? 0 : UInt32(text.count + 16) & ~15,
    ]
    let hasRoom = notifier.pointee.count < greatestEventCount
    if hasRoom, isNewest(head, text, notifier) { return }
    if !hasRoom || !makeRoom(for: eventSize + head[3], in: notifier) {
      guard !notifier.pointee.hasLost else { return }
      notifier.pointee.hasLost = true
      head = [.max, WatchEvents.overflow.rawValue, 0, 0]
    }
    store(head, text, notifier)
    FileWait<P>.wake(queue(notifier), .readable, .all)
  }

  /// Whether the newest event is equal to one with these words and this name.
  private static func isNewest(
    _ head: InlineArray<4, UInt32>, _ text: Span<UInt8>, _ notifier: Reference
  ) -> Bool {
    let (frame, place) = (notifier.pointee.last, notifier.pointee.newest)
    let words = event(frame, place)
    guard notifier.pointee.count > 0, words[0] == head[0], words[1] == head[1],
      words[3] == head[3]
    else { return false }
    let bytes = name(frame, place)
    for index in text.indices where bytes[index] != text[index] { return false }
    return text.isEmpty || bytes[text.count] == 0
  }

  /// Makes room for `size` bytes behind the newest event, and for the event without a name.
  ///
  /// - Returns: false if there is no memory.
  private static func makeRoom(for size: UInt32, in notifier: Reference) -> Bool {
    let last = head(notifier.pointee.last)
    guard last.pointee.end + size + eventSize > UInt32(Page.size) else { return true }
    guard let frame = newFrame() else { return false }
    last.pointee.next = frame
    notifier.pointee.last = frame
    return true
  }

  /// Stores an event for which there is room.
  private static func store(
    _ head: InlineArray<4, UInt32>, _ text: Span<UInt8>, _ notifier: Reference
  ) {
    let (frame, length) = (notifier.pointee.last, head[3])
    let place = self.head(frame).pointee.end
    let (words, bytes) = (event(frame, place), name(frame, place))
    for index in 0..<4 { words[index] = head[index] }
    for index in 0..<Int(length) { bytes[index] = index < text.count ? text[index] : 0 }
    self.head(frame).pointee.end = place + eventSize + length
    notifier.pointee.newest = place
    notifier.pointee.count += 1
    notifier.pointee.byteCount += eventSize + length
  }

  /// Removes the oldest event.
  @inline(never)
  private static func removeFirst(_ notifier: Reference) {
    let (frame, place) = (notifier.pointee.first, notifier.pointee.start)
    let (words, head) = (event(frame, place), head(frame))
    if words[1] == WatchEvents.overflow.rawValue { notifier.pointee.hasLost = false }
    let size = eventSize + words[3]
    notifier.pointee.count -= 1
    notifier.pointee.byteCount -= size
    notifier.pointee.start = place + size
    guard notifier.pointee.start == head.pointee.end else { return }
    notifier.pointee.start = NotifierFrame.start
    if let next = head.pointee.next {
      notifier.pointee.first = next
      if frame != notifier.pointee.home { pool.release(frame) }
    } else {
      head.pointee.end = NotifierFrame.start
    }
  }

  /// Takes as many events as the buffer has room for. Waits only for the first one. As on Linux, an
  /// event is lost at a bad address.
  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard let notifier = notifier(of: file) else { throw .invalid }
    var done = 0
    while done == 0 || !P.mustEnd() {
      guard notifier.pointee.count > 0 else {
        guard done == 0 else { break }
        guard file.file.mayBlock, buffer.mayBlock else { throw .tryAgain }
        try FileWait<P>.block(in: queue(notifier), for: .readable) { notifier.pointee.count > 0 }
        continue
      }
      let (frame, place) = (notifier.pointee.first, notifier.pointee.start)
      let size = Int(eventSize + event(frame, place)[3])
      guard size <= buffer.count - done else {
        guard done == 0 else { break }
        throw .invalid
      }
      defer { removeFirst(notifier) }
      try buffer.store(from: frame, Int(place), count: size, at: done)
      done += size
    }
    return Word(done)
  }

  /// FIONREAD stores the number of bytes of all events.
  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word {
    guard request == 0x541b, let notifier = notifier(of: file) else { throw .notTerminal }
    try UserBuffer<P>(address: argument, count: 4).store(notifier.pointee.byteCount)
    return 0
  }

  static func events(of file: FileReference) -> FileEvents {
    guard let notifier = notifier(of: file), notifier.pointee.count > 0 else { return [] }
    return .readable
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    guard let notifier = notifier(of: file) else { return nil }
    return queue(notifier)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("anon_inode:inotify")
  }
}
