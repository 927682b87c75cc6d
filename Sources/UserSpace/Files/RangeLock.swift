// SPDX-License-Identifier: Apache-2.0

/// A lock of a range of a file's bytes (the record locks of fcntl), or a request for one. It stays
/// in place.
struct RangeLock {
  /// The most locks of a file, because a look at them has no preemption point.
  static var fileLimit: UInt32 { 64 }
  /// The most locks, and requests that wait, of all files.
  static var limit: UInt32 { 4096 }

  /// Whose it is.
  let owner: Owner
  /// The bytes.
  var range: ByteRange
  /// What it allows others; `none` in a request to unlock.
  var kind: FileLock.Kind
  /// Whose lock the request of a process waits for.
  var blocker: Owner?
  /// The file of a request that waits.
  var file: RecordReference<FileLock>?
  /// The next lock of the file, the next request that waits, or the next one to free.
  var next: RecordReference<RangeLock>?

  /// A lock or a request in no list.
  init(_ kind: FileLock.Kind, of owner: Owner, _ range: ByteRange) {
    self.owner = owner
    self.range = range
    self.kind = kind
  }

  /// Whether both locks cannot be held at once.
  func excludes(_ other: RangeLock) -> Bool {
    owner != other.owner && (kind == .exclusive || other.kind == .exclusive)
      && range.overlaps(other.range)
  }

  /// Whether parts of the lock stay before and behind a range that is taken out of it.
  func remains(outside taken: ByteRange) -> (before: Bool, behind: Bool) {
    (range.first < taken.first, range.last > taken.last)
  }

  /// Whose a lock is: a process's (POSIX), or an open file's.
  struct Owner: Equatable {
    private let rawValue: UInt32

    /// A process, which has a lower number than 2^31.
    init(_ process: ProcessID) { rawValue = process.rawValue }

    /// The open file of this number.
    init(file: UInt16) { rawValue = 1 << 31 | UInt32(file) }

    /// Whether it is a process.
    var isProcess: Bool { rawValue >> 31 == 0 }
    /// What F_GETLK reports: the process, or -1.
    var number: Int32 { isProcess ? Int32(bitPattern: rawValue) : -1 }
  }
}

/// Bytes of a file, at least one.
struct ByteRange {
  /// The first and the last position, from 0 to the greatest.
  var first: Int64
  var last: Int64

  /// All positions.
  static var all: ByteRange { ByteRange(first: 0, last: .max) }

  /// Whether both have a byte in common.
  func overlaps(_ other: ByteRange) -> Bool { first <= other.last && other.first <= last }

  /// Whether both have a byte in common, or one ends where the other one begins.
  func touches(_ other: ByteRange) -> Bool {
    // No position is negative, so nothing overflows.
    first - 1 <= other.last && other.first - 1 <= last
  }
}
