// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What the calls ask of a file system about an open file. The kernel lock is held; user memory is
/// reached through `UserBuffer` only. A function that blocks uses afterwards only what the caller's
/// reference to the open file keeps alive.
protocol FileOperations {
  associatedtype P: FilePlatform

  /// Stores bytes of an open file from `position` on, and advances it.
  ///
  /// - Returns: the number of bytes; 0 at the end.
  /// - Throws: `isDirectory`, `badAddress`, `outOfMemory`, `restartsIfAsked` after a signal.
  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word

  /// Takes bytes for a file that is open for writing, at `position`, and advances it.
  ///
  /// - Returns: the number of bytes taken.
  /// - Throws: `badAddress`, `invalid`, `noSpace`, `fileTooLarge`, `outOfMemory`, `restartsIfAsked`
  ///   after a signal.
  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word

  /// The events of poll that an open file has.
  static func events(of file: FileReference) -> FileEvents

  /// The queue of those who wait for events of an open file. It wakes them when the file may have
  /// got one that it lacked. nil if the events never change.
  static func waiters(of file: FileReference) -> FileWait<P>.Queue?

  /// Gives back what an open file has. It has no reference any more.
  static func closed(_ file: FileReference)

  /// Serves a request of ioctl; `argument` is its third, an allegation.
  ///
  /// - Throws: `notTerminal` for a request that the file does not know, `badAddress`.
  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word
}

extension FileOperations {
  /// Always ready.
  static func events(of file: FileReference) -> FileEvents { [.readable, .writable] }

  /// None: the events never change.
  static func waiters(of file: FileReference) -> FileWait<P>.Queue? { nil }

  /// Nothing: the open file has nothing of its own.
  static func closed(_ file: FileReference) {}

  /// No request is known.
  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word { throw .notTerminal }
}
