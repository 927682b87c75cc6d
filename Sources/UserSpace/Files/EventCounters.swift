// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What eventfd makes: a number that writes add to and that a read takes. It stays in place.
struct EventCounter {
  /// Those who wait for the counter.
  var waiters = FileWaiters()
  var value: UInt64
  /// Whether a read takes 1, not all (EFD_SEMAPHORE).
  let isSemaphore: Bool

  /// The greatest value that a write can make.
  static var greatest: UInt64 { .max - 1 }
}

/// The files that eventfd makes (eventfd(2)).
enum EventCounters<P: FilePlatform>: ObjectOperations {
  typealias Reference = RecordReference<EventCounter>

  /// The counter of an open file, which has one.
  @inline(__always)
  private static func counter(of file: FileReference) -> Reference {
    guard case .counter(let counter) = file.file.object else { preconditionFailure("no counter") }
    return counter
  }

  /// The queue of threads that read, write or poll the counter.
  private static func queue(_ counter: Reference) -> FileWait<P>.Queue {
    // The queue is in the counter, which stays in place while it is open.
    counter.pointee.waiters.reference
  }

  /// Frees the counter with its last open file.
  static func closed(_ file: FileReference) {
    if case .counter(let counter) = file.file.object { P.fileObjects.pointee.free(counter) }
  }

  /// Stores the value in 8 bytes and sets it to 0; a semaphore is decremented and yields 1
  /// (eventfd(2)). Waits while the value is 0.
  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard buffer.count >= 8 else { throw .invalid }
    let counter = counter(of: file)
    if counter.pointee.value == 0 {
      guard file.file.mayBlock, buffer.mayBlock else { throw .tryAgain }
      try FileWait<P>.block(in: queue(counter), for: .input) { counter.pointee.value > 0 }
    }
    let taken = counter.pointee.isSemaphore ? 1 : counter.pointee.value
    counter.pointee.value -= taken
    FileWait<P>.wake(queue(counter), .output, .all)
    if counter.pointee.value > 0 { FileWait<P>.wake(queue(counter), .input, .one) }
    try UserBuffer<P>(address: buffer.address, count: 8).store(taken)
    return 8
  }

  /// Adds 8 bytes to the value. Waits while the sum would exceed the greatest value, 2^64 - 2.
  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard buffer.count >= 8 else { throw .invalid }
    let counter = counter(of: file)
    var added: UInt64 = 0
    try UserBuffer<P>(address: buffer.address, count: 8).load(to: &added)
    guard added <= EventCounter.greatest else { throw .invalid }
    let isRoom = { counter.pointee.value <= EventCounter.greatest - added }
    if !isRoom() {
      guard file.file.mayBlock else { throw .tryAgain }
      try FileWait<P>.block(in: queue(counter), for: .output, until: isRoom)
    }
    counter.pointee.value += added
    if counter.pointee.value > 0 { FileWait<P>.wake(queue(counter), .input, .one) }
    return 8
  }

  static func events(of file: FileReference) -> FileEvents {
    let value = counter(of: file).pointee.value
    var events: FileEvents = []
    if value > 0 { events.insert(.input) }
    if value < EventCounter.greatest { events.insert(.output) }
    return events
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? { queue(counter(of: file)) }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("anon_inode:[eventfd]")
  }
}
