// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What pidfd_open makes: a name of a process that no later process has, although its number can be
/// used again. It stays in place.
struct ProcessHandle {
  /// Those who wait for the end of the process.
  var waiters = FileWaiters()
  /// The process; `zero` until it is known.
  var process: ProcessIdentity
  /// The other handles, in a list.
  fileprivate var next: RecordReference<ProcessHandle>?
  fileprivate var previous: RecordReference<ProcessHandle>?

  /// A handle that is in no list.
  init(_ process: ProcessIdentity) { self.process = process }
}

/// A process: its number, and which one of those that had this number.
public struct ProcessIdentity: Equatable, Sendable {
  /// The process number; `zero` for none.
  public var number = ProcessID.zero
  /// How many processes were made before it. Wrapping: after 2^32 processes.
  public var serial: UInt32 = 0
}

/// The files that pidfd_open makes (pidfd_open(2)). All is called under the kernel lock.
enum ProcessHandles<P: FilePlatform>: ObjectOperations {
  typealias Reference = RecordReference<ProcessHandle>

  /// The handle of an open file; nil if it is another file.
  @inline(__always)
  static func handle(of file: FileReference) -> Reference? {
    if case .process(let handle) = file.file.object { return handle }
    return nil
  }

  private static func queue(_ handle: Reference) -> FileWait<P>.Queue {
    // The queue is in the handle, which stays in place while it is open.
    handle.pointee.waiters.reference
  }

  /// Makes a handle.
  ///
  /// - Throws: `outOfMemory`.
  static func make(_ process: ProcessIdentity) throws(Errno) -> Reference {
    let handle: Reference
    do { handle = try P.fileObjects.pointee.makeHandle(process) } catch { throw Errno(error) }
    let first = P.fileObjects.pointee.firstHandle
    handle.pointee.next = first
    first?.pointee.previous = handle
    P.fileObjects.pointee.firstHandle = handle
    return handle
  }

  /// Frees a handle to which no file refers.
  static func free(_ handle: Reference) {
    let (next, previous) = (handle.pointee.next, handle.pointee.previous)
    next?.pointee.previous = previous
    if let previous {
      previous.pointee.next = next
    } else {
      P.fileObjects.pointee.firstHandle = next
    }
    P.fileObjects.pointee.free(handle)
  }

  /// Wakes those who wait for the end of a process, which has come.
  static func ended(_ process: ProcessID) {
    var rest = P.fileObjects.pointee.firstHandle
    while let handle = rest {
      rest = handle.pointee.next
      guard handle.pointee.process.number == process else { continue }
      FileWait<P>.wake(queue(handle), .readable, .all)
    }
  }

  static func closed(_ file: FileReference) {
    if let handle = handle(of: file) { free(handle) }
  }

  static func events(of file: FileReference) -> FileEvents {
    guard let handle = handle(of: file), P.hasEnded(handle.pointee.process) else { return [] }
    return .readable
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    guard let handle = handle(of: file) else { return nil }
    return queue(handle)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("anon_inode:[pidfd]")
  }
}
