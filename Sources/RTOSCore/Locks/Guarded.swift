// SPDX-License-Identifier: Apache-2.0
/// A value and the spin lock that protects it. The value can be reached only with the lock held.
///
/// The value is stored in memory that the caller provides and that outlives this owner: the kernel
/// has no heap, and a value that several CPUs use must not move.
@safe public struct Guarded<CPU: Processor, Value: ~Copyable>: ~Copyable {
  private let lock: SpinLock<CPU>
  private let storage: UnsafeMutablePointer<Value>

  /// Moves `value` into `storage`, which must be unused, aligned memory for one `Value`. The lock
  /// is at `level` in the lock order.
  public init(
    _ value: consuming Value, level: LockLevel, in storage: UnsafeMutablePointer<Value>
  ) {
    lock = SpinLock(level)
    // SAFETY: the caller hands over unused memory that outlives this owner.
    unsafe storage.initialize(to: value)
    unsafe self.storage = storage
  }

  /// Runs `body` on the value with the lock held and interrupts masked.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    file: StaticString = #fileID, line: UInt32 = #line,
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try lock.withLock(file: file, line: line) { () throws(Failure) -> Result in
      // SAFETY: the lock makes this the only access, and the storage is initialised.
      try unsafe body(&storage.pointee)
    }
  }

  #if !DEBUG
    /// Runs `body` on the value with the lock held and interrupts masked. The lock is acquired and
    /// released out of line: for cold paths, where small code matters.
    public borrowing func withColdLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      let interrupts = lock.acquireCold()
      defer { lock.releaseCold(interrupts) }
      // SAFETY: the lock makes this the only access, and the storage is initialised.
      return try unsafe body(&storage.pointee)
    }
  #else
    /// Runs `body` on the value with the lock held and interrupts masked. Debug builds inline it,
    /// so that the audit records the caller's file and line.
    @inline(__always)
    public borrowing func withColdLock<Result: ~Copyable, Failure: Error>(
      file: StaticString = #fileID, line: UInt32 = #line,
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result { try withLock(file: file, line: line, body) }
  #endif

  /// Runs `body` on the value without the lock. Only for the end of the machine, when the lock's
  /// holder never goes on.
  public borrowing func withoutLock<Result: ~Copyable>(_ body: (inout Value) -> Result) -> Result {
    // SAFETY: no other code runs, so this is the only access; the storage is initialised.
    unsafe body(&storage.pointee)
  }

  /// The CPU that holds the lock at the moment; nil when it is free.
  public var holderNumber: UInt32? { lock.holderNumber }

  /// Acquires the lock and returns the previous interrupt state, inlined for hot paths, where a
  /// closure would cost a call. Until the matching `release`, `contents` is the value.
  @inline(__always)
  borrowing func acquire(file: StaticString = #fileID, line: UInt32 = #line) -> InterruptState {
    lock.acquire(file: file, line: line)
  }

  /// Releases the lock and restores the interrupt state that `acquire` returned.
  @inline(__always)
  borrowing func release(
    _ interrupts: InterruptState, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    lock.release(interrupts, file: file, line: line)
  }

  /// The value's address; valid only between `acquire` and `release`.
  var contents: UnsafeMutablePointer<Value> {
    // SAFETY: the storage is initialised; the caller holds the lock and is responsible for its
    // accesses.
    @inline(__always) get { unsafe storage }
  }

  /// Releases the lock that the previous task of this CPU acquired before it switched to the
  /// current one. Interrupts stay masked.
  @inline(__always)
  borrowing func releaseAfterSwitch(file: StaticString = #fileID, line: UInt32 = #line) {
    lock.releaseAfterSwitch(file: file, line: line)
  }
}
