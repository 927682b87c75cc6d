// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// inotify.
extension SystemCall {
  private static var closesOnExec: UInt32 { 0o2000000 }
  private static var nonBlocking: UInt32 { 0o4000 }

  /// inotify_init1: IN_CLOEXEC or IN_NONBLOCK; inotify_init has no flags.
  @inline(never)
  func openNotifier(flags: UInt32) throws(Errno) -> Word {
    guard flags & ~(Self.closesOnExec | Self.nonBlocking) == 0 else { throw .invalid }
    let notifier = try Notifiers<P>.make()
    do throws(Errno) {
      return try open(
        .notifier(notifier), .notifiers, flags & Self.nonBlocking,
        closesOnExec: flags & Self.closesOnExec != 0)
    } catch {
      Notifiers<P>.free(notifier)
      throw error
    }
  }

  /// inotify_add_watch: the descriptor, the path, the events with IN_…. Returns the number of the
  /// watch, which is the present one if the file has one.
  @inline(__always)
  func addWatch() throws(Errno) -> Word {
    let events = WatchEvents(rawValue: argument(2))
    guard !events.isEmpty, events.isSubset(of: .arguments) else { throw .invalid }
    return try withNotifier(events)
  }

  /// inotify_rm_watch: the descriptor, the number of the watch.
  @inline(__always)
  func removeWatch() throws(Errno) -> Word { try withNotifier([]) }

  /// Adds a watch for `events`, or removes one if there are none.
  @inline(never)
  private func withNotifier(_ events: WatchEvents) throws(Errno) -> Word {
    try files.with(argument(0)) { (file) throws(Errno) in
      guard !events.isSuperset(of: [.further, .onlyNew]),
        let notifier = Notifiers<P>.notifier(of: file)
      else { throw .invalid }
      guard !events.isEmpty else {
        guard let watch = Watches<P>.find(argument(1), of: notifier) else { throw .invalid }
        Watches<P>.end(watch)
        return 0
      }
      let node = try resolve(
        at: FileNode.currentDirectory, address(1), followsLast: !events.contains(.noFollow))
      guard !events.contains(.onlyDirectories) || Files<P>.isDirectory(node) else {
        throw .notDirectory
      }
      return Word(try Watches<P>.add(events, of: node, to: notifier))
    }
  }
}
