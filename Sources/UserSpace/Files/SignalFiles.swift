// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The files that signalfd makes (signalfd(2)). Each has a set of signals. As on Linux, it reports
/// those that are pending for the thread that reads or polls, whichever process made it.
enum SignalFiles<P: FilePlatform>: ObjectOperations {
  /// Bytes of a signalfd_siginfo.
  private static var recordSize: Int { 128 }

  /// The signals of an open file; nil for another file.
  static func signals(of file: FileReference) -> UInt64? {
    if case .signals(let signals) = file.file.object { signals } else { nil }
  }

  /// Takes pending signals of the mask, each in a record of 128 bytes (signalfd(2)). Waits only for
  /// the first one.
  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard buffer.count >= recordSize, signals(of: file) != nil else { throw .invalid }
    var done = 0
    while buffer.count - done >= recordSize {
      guard let info = P.takeSignal(of: signals(of: file) ?? 0) else {
        guard done == 0 else { break }
        guard file.file.mayBlock, buffer.mayBlock else { throw .tryAgain }
        try FileWait<P>.block(in: P.signalWaiters, for: .input) {
          P.isPending(signals(of: file) ?? 0)
        }
        continue
      }
      let record = SignalRecord(info)
      do throws(Errno) {
        _ = try buffer.part(from: done, count: recordSize).fill(in: recordSize) { bytes in
          record.write(to: &bytes)
          return recordSize
        }
      } catch {
        guard done > 0 else { throw error }
        break
      }
      done += recordSize
      if P.mustEnd() { break }
    }
    return Word(done)
  }

  /// Readable while a signal of the mask is pending for the running thread.
  static func events(of file: FileReference) -> FileEvents {
    P.isPending(signals(of: file) ?? 0) ? .input : []
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? { P.signalWaiters }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("anon_inode:[signalfd]")
  }
}
