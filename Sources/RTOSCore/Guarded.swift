// SPDX-License-Identifier: Apache-2.0
/// A value and the spin lock that guards it, so that there is no way to the one without the other.
///
/// The value stands in memory that the caller provides and that outlives this owner: the kernel
/// has no heap, and a value that several CPUs reach must not move.
@safe public struct Guarded<CPU: Processor, Value: ~Copyable>: ~Copyable {
  private let lock: SpinLock<CPU>
  private let storage: UnsafeMutablePointer<Value>

  /// Moves `value` into `storage`, which must be unused, aligned memory for one `Value`. `level` is
  /// the lock's place in the order.
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
    /// The same with the lock taken and given back by calls: for what is rare, and code that is small.
    public borrowing func withColdLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      let interrupts = lock.take()
      defer { lock.give(interrupts) }
      // SAFETY: the lock makes this the only access, and the storage is initialised.
      return try unsafe body(&storage.pointee)
    }
  #else
    /// The same; the audit wants to know where.
    @inline(__always)
    public borrowing func withColdLock<Result: ~Copyable, Failure: Error>(
      file: StaticString = #fileID, line: UInt32 = #line,
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result { try withLock(file: file, line: line, body) }
  #endif

  /// The CPU that holds the lock at the moment.
  public var holderNumber: UInt32? { lock.holderNumber }

  /// Takes the lock in line; the value is `contents` until the matching `leave`. For what is done most
  /// often: a closure would be a call.
  @inline(__always)
  borrowing func enter(file: StaticString = #fileID, line: UInt32 = #line) -> InterruptState {
    lock.enter(file: file, line: line)
  }

  /// Gives the lock back, and interrupts as they were.
  @inline(__always)
  borrowing func leave(
    _ interrupts: InterruptState, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    lock.leave(interrupts, file: file, line: line)
  }

  /// Where the value stands; between `enter` and `leave` only.
  var contents: UnsafeMutablePointer<Value> {
    // SAFETY: the caller, which holds the lock, answers for what it does there.
    @inline(__always) get { unsafe storage }
  }

  /// Lets the lock go that the task before took on this CPU; see `SpinLock.releaseAfterSwitch`.
  @inline(__always)
  borrowing func releaseAfterSwitch(file: StaticString = #fileID, line: UInt32 = #line) {
    lock.releaseAfterSwitch(file: file, line: line)
  }
}
