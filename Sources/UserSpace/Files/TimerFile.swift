// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// What timerfd_create makes: a timer of the process table, and those who wait for it. It stays in
/// place.
struct TimerFile {
  /// Those who wait for an expiration.
  var waiters = FileWaiters()
  /// The number of the timer.
  var number: UInt32 = 0
}

/// The files that timerfd_create makes (timerfd_create(2)).
enum TimerFiles<P: FilePlatform>: ObjectOperations {
  typealias Reference = RecordReference<TimerFile>

  /// What timerfd_create made for an open file; nil for another file.
  static func timer(of file: FileReference) -> Reference? {
    if case .timer(let timer) = file.file.object { timer } else { nil }
  }

  /// The queue of threads that read the timer or poll it.
  private static func queue(_ timer: Reference) -> FileWait<P>.Queue {
    // The queue is in the object, which stays in place while it is open.
    timer.pointee.waiters.reference
  }

  /// Makes a timer, which is not armed.
  ///
  /// - Throws: `outOfMemory`, also if there are too many timers.
  static func make(_ clock: ClockIdentifier) throws(Errno) -> Reference {
    let timer: Reference
    do throws(MemoryError) { timer = try P.fileObjects.pointee.makeTimer() } catch {
      throw Errno(error)
    }
    guard let number = P.makeTimer(of: clock, waking: queue(timer)) else {
      P.fileObjects.pointee.free(timer)
      throw .outOfMemory
    }
    timer.pointee.number = number
    return timer
  }

  /// Frees a timer to which no file refers.
  static func free(_ timer: Reference) {
    P.removeTimer(timer.pointee.number)
    P.fileObjects.pointee.free(timer)
  }

  /// Frees the timer with its last open file.
  static func closed(_ file: FileReference) {
    if let timer = timer(of: file) { free(timer) }
  }

  /// Stores the number of expirations since the last read in 8 bytes (timerfd_create(2)). Waits for
  /// the first one.
  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard buffer.count >= 8, let timer = timer(of: file) else { throw .invalid }
    let number = timer.pointee.number
    var count = try P.takeExpirations(number)
    while count == 0 {
      guard file.file.mayBlock, buffer.mayBlock else { throw .tryAgain }
      try FileWait<P>.block(in: queue(timer), for: .input) { P.hasExpired(number) }
      count = try P.takeExpirations(number)
    }
    try UserBuffer<P>(address: buffer.address, count: 8).store(count)
    return 8
  }

  static func events(of file: FileReference) -> FileEvents {
    guard let timer = timer(of: file), P.hasExpired(timer.pointee.number) else { return [] }
    return .input
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    guard let timer = timer(of: file) else { return nil }
    return queue(timer)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("anon_inode:[timerfd]")
  }
}
