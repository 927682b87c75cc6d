// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The watches of files (inotify(7)), in lists by file. All is called under the kernel lock.
///
/// Calls report what they did to a file once it is done, because a report has a preemption point
/// after each watch. Those on hot paths ask first whether the event is watched for at all.
enum Watches<P: FilePlatform> {
  typealias Reference = RecordReference<Watch>

  /// The most watches (max_user_watches), and the most in a list, which a search walks at once.
  static var greatestCount: UInt32 { 8192 }
  private static var longestList: Int { 128 }
  private static var listCount: Int { 64 }

  /// The list for a file.
  private static func list(of node: FileNode) -> Int { Int(node.index & 63) }

  // Reports.

  /// Reports what happened to a file to its watches and, with the name of the file, to those of its
  /// directory. Of several names it is the newest one.
  @inline(never)
  static func report(_ events: WatchEvents, of node: FileNode) {
    guard areWatched(events) else { return }
    // Another file may have the node after a preemption point. Its watches are newer.
    let newest = P.fileObjects.pointee.lastNumber
    let events = Files<P>.isDirectory(node) ? events.union(.directory) : events
    if node.system == .tree, let name = FileTree<P>.name(of: node) {
      var text = EntryName()
      text.bytes(name.text)
      deliver(
        events, to: FileNode(.tree, UInt32(name.pointee.directory)),
        text.buffer.span.extracting(first: text.count), 0, through: newest)
    }
    deliver(events, to: node, Span(), 0, through: newest)
  }

  /// Reports the last close of an open file.
  @inline(never)
  static func reportClose(_ file: FileReference) {
    guard !file.file.isPathOnly else { return }
    report(file.file.mayWrite ? .closeWrite : .closeOther, of: file.file.node)
  }

  /// Reports what happened to a file to its own watches.
  @inline(never)
  static func report(_ events: WatchEvents, to node: FileNode) { report(events, to: node, Span()) }

  /// Reports to the watches of a directory what happened to a name in it. Both ends of a move have
  /// the same `cookie`.
  @inline(never)
  static func report(
    _ events: WatchEvents, to node: FileNode, _ name: Span<UInt8>, cookie: UInt32 = 0
  ) {
    guard areWatched(events) else { return }
    deliver(events, to: node, name, cookie, through: P.fileObjects.pointee.lastNumber)
  }

  /// Reports that a file has another name: that of the file `other`, unless this is the same, which
  /// has its old name now if `exchanges`.
  @inline(never)
  static func reportMove(
    of node: FileNode, from old: FileNode, _ oldName: Span<UInt8>, to new: FileNode,
    _ newName: Span<UInt8>, replaced other: FileNode, _ exchanges: Bool
  ) {
    let type: WatchEvents = Files<P>.isDirectory(node) ? .directory : []
    let cookie = P.fileObjects.pointee.newNumber()
    report(type.union(.movedFrom), to: old, oldName, cookie: cookie)
    report(type.union(.movedTo), to: new, newName, cookie: cookie)
    if other != node, !exchanges { report(type.union(.attributes), to: other) }
    report(.moveSelf, to: node)
    if exchanges {
      reportMove(of: other, from: new, newName, to: old, oldName, replaced: other, false)
    }
  }

  /// Reports that a file is being freed, and ends its watches. The caller keeps it meanwhile.
  @inline(never)
  static func reportEnd(of node: FileNode) {
    report(.deleteSelf, to: node)
    while let watch = first(of: node, .ignored) {
      end(watch)
      _ = P.mustEnd()  // A preemption point.
    }
  }

  /// Whether a file has watches of its own.
  static func exist(of node: FileNode) -> Bool { first(of: node, .ignored) != nil }

  /// Whether there may be a watch for one of `events`: a load and a comparison.
  @inline(__always)
  static func areWatched(_ events: WatchEvents) -> Bool {
    !P.fileObjects.pointee.watchedEvents.isDisjoint(with: events)
  }

  /// Queues an event for each watch of a file that wants it and is not newer than `newest`.
  @inline(never)
  private static func deliver(
    _ events: WatchEvents, to node: FileNode, _ name: Span<UInt8>, _ cookie: UInt32,
    through newest: UInt32
  ) {
    var newest = newest
    while let watch = first(of: node, events, through: newest) {
      newest = watch.pointee.number &- 1  // Wrapping: after 2^32 objects.
      Notifiers<P>.append(
        events, of: watch.pointee.descriptor, name, cookie, to: watch.pointee.notifier)
      if watch.pointee.events.contains(.once) { end(watch) }
      _ = P.mustEnd()  // A preemption point.
    }
  }

  // Watches.

  /// The newest watch of a file for one of `events`, but none newer than `newest`.
  @inline(never)
  private static func first(
    of node: FileNode, _ events: WatchEvents, through newest: UInt32 = .max
  ) -> Reference? {
    var rest = P.fileObjects.pointee.firstWatches[list(of: node)]
    while let watch = rest {
      if watch.pointee.node == node, watch.pointee.number <= newest,
        !watch.pointee.events.isDisjoint(with: events)
      {
        return watch
      }
      rest = watch.pointee.next
    }
    return nil
  }

  /// Has a notifier watch a file. A watch that it has gets other events.
  ///
  /// - Returns: the number of the watch.
  /// - Throws: `exists` for `onlyNew` if it has one; `noSpace` if there are too many, `outOfMemory`.
  static func add(
    _ events: WatchEvents, of node: FileNode, to notifier: Notifiers<P>.Reference
  ) throws(Errno) -> UInt32 {
    let list = list(of: node)
    var rest = P.fileObjects.pointee.firstWatches[list]
    var count = 0
    while let watch = rest, watch.pointee.node != node || watch.pointee.notifier != notifier {
      rest = watch.pointee.next
      count += 1
    }
    guard rest == nil || !events.contains(.onlyNew) else { throw .exists }
    let watch: Reference
    if let rest {
      watch = rest
      if !events.contains(.further) { watch.pointee.events = [] }
    } else {
      guard count < longestList, P.fileObjects.pointee.watchCount < greatestCount else {
        throw .noSpace
      }
      do throws(MemoryError) {
        watch = try P.fileObjects.pointee.makeWatch(
          of: node, notifier, notifier.pointee.lastWatch % 0x7fff_ffff + 1)
      } catch {
        throw Errno(error)
      }
      notifier.pointee.lastWatch = watch.pointee.descriptor
      watch.pointee.next = P.fileObjects.pointee.firstWatches[list]
      P.fileObjects.pointee.firstWatches[list] = watch
    }
    watch.pointee.events.formUnion(events.intersection([.all, .once]).union(.ignored))
    P.fileObjects.pointee.watchedEvents.formUnion(watch.pointee.events)
    return watch.pointee.descriptor
  }

  /// Ends a watch, and tells the program.
  @inline(never)
  static func end(_ watch: Reference) {
    Notifiers<P>.append(
      .ignored, of: watch.pointee.descriptor, Span(), 0, to: watch.pointee.notifier)
    remove(watch)
  }

  @inline(never)
  private static func remove(_ watch: Reference) {
    let list = list(of: watch.pointee.node)
    var before: Reference?
    var rest = P.fileObjects.pointee.firstWatches[list]
    while let here = rest, here != watch { (before, rest) = (here, here.pointee.next) }
    if let before {
      before.pointee.next = watch.pointee.next
    } else {
      P.fileObjects.pointee.firstWatches[list] = watch.pointee.next
    }
    P.fileObjects.pointee.free(watch)
  }

  /// The watch with this number of a notifier; nil if there is none.
  static func find(_ descriptor: UInt32, of notifier: Notifiers<P>.Reference) -> Reference? {
    var list = 0
    return first(by: notifier, descriptor, from: &list)
  }

  /// Removes all watches of a notifier.
  static func removeAll(of notifier: Notifiers<P>.Reference) {
    var list = 0
    while let watch = first(by: notifier, nil, from: &list) {
      remove(watch)
      _ = P.mustEnd()  // A preemption point.
    }
  }

  /// The watch of a notifier with this number, or with any for nil, in the lists from `list` on. A
  /// preemption point after each list.
  @inline(never)
  private static func first(
    by notifier: Notifiers<P>.Reference, _ descriptor: UInt32?, from list: inout Int
  ) -> Reference? {
    while list < listCount {
      var rest = P.fileObjects.pointee.firstWatches[list]
      while let watch = rest {
        if watch.pointee.notifier == notifier,
          descriptor == nil || watch.pointee.descriptor == descriptor
        {
          return watch
        }
        rest = watch.pointee.next
      }
      list += 1
      _ = P.mustEnd()  // A preemption point.
    }
    return nil
  }
}
