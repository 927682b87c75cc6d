// SPDX-License-Identifier: Apache-2.0

/// The use of an open file's position and text by one call at a time (Linux' f_pos_lock), because
/// such a call has preemption points. All is called under the kernel lock.
enum FileUse<P: FilePlatform> {
  /// Runs `body` while no other call that reads the file runs. The caller has a reference to the
  /// file. Nothing is kept out if no one else can use it, or if it has no position.
  ///
  /// - Throws: what `body` throws; `restartsIfAsked` if the thread is dying.
  @inline(__always)
  static func alone<Result>(
    with file: FileReference, _ body: () throws(Errno) -> Result
  ) throws(Errno) -> Result {
    // A descriptor and the call have a reference each.
    let mayBeShared = file.file.references > 2 || P.threadCount > 1
    let isShared = mayBeShared ? try begin(file) : false
    defer { if isShared { end(file) } }
    return try body()
  }

  /// Waits until no call reads the file, which may then change until the next preemption point.
  ///
  /// - Throws: `restartsIfAsked` if the thread is dying.
  static func awaitEnd(of file: FileReference) throws(Errno) {
    if file.file.isInUse { try wait(for: file) }
  }

  /// - Returns: whether `end` must be called.
  @inline(never)
  private static func begin(_ file: FileReference) throws(Errno) -> Bool {
    guard case .upTo = Files<P>.seekRange(of: file.file.node) else { return false }
    try awaitEnd(of: file)
    file.file.isInUse = true
    return true
  }

  @inline(never)
  private static func end(_ file: FileReference) {
    file.file.isInUse = false
    FileWait<P>.wake(queue(of: file), .readable, .one)
  }

  private static func queue(of file: FileReference) -> FileWait<P>.Queue {
    // An open file does not move while it has a reference.
    file.file.users.reference
  }

  @inline(never)
  private static func wait(for file: FileReference) throws(Errno) {
    try FileWait<P>.block(in: queue(of: file), for: .readable, isKillable: true) {
      !file.file.isInUse
    }
  }
}
