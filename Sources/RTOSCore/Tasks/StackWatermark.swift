// SPDX-License-Identifier: Apache-2.0
// SAFETY: the caller hands in memory that is a stack's own, and of which nothing is in use when it is
// filled.
/// How deep a stack has ever been used: it is filled with a pattern before its task runs, and what
/// still has it from the low end on was never touched.
///
/// It can be deceived only by a task that stores the pattern itself, and then says too little.
public enum StackWatermark {
  /// A word that is neither an address of the kernel nor a small number.
  public static let pattern: UInt32 = 0xcafe_57ac

  /// Fills `byteCount` bytes from `base` on, both multiples of 4. Before the task runs.
  public static func fill(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    var offset = 0
    while offset < byteCount {
      unsafe base.storeBytes(of: pattern, toByteOffset: offset, as: UInt32.self)
      offset += 4
    }
  }

  /// What fills memory that nobody has touched since it was cleared.
  public static let cleared: UInt32 = 0

  /// Marks one word in each `markInterval` bytes only: for stacks that are made often. The depth is
  /// known to so many bytes then.
  @inline(never)
  public static func mark(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    var offset = 0
    while offset < byteCount {
      unsafe base.storeBytes(of: pattern, toByteOffset: offset, as: UInt32.self)
      offset += markInterval
    }
  }

  /// Bytes from one mark to the next.
  public static let markInterval = 128

  /// The most bytes of a filled stack that were ever in use: it walks what was not, in steps of
  /// `interval` bytes.
  public static func peak(
    _ base: UnsafeRawPointer, byteCount: Int, interval: Int = 4, pattern: UInt32 = pattern
  ) -> Int {
    var unused = 0
    while unused < byteCount,
      unsafe base.load(fromByteOffset: unused, as: UInt32.self) == pattern
    {
      unused += interval
    }
    return byteCount - unused
  }
}

extension Scheduler {
  /// Says where the stack of a task is, which was filled by `StackWatermark.fill`.
  ///
  /// - Throws: `noSuchTask`.
  public func setStack(
    _ base: UnsafeMutableRawPointer, byteCount: UInt32, of task: TaskNumber
  ) throws(TaskError) {
    try withState { (state: inout State) throws(TaskError) in
      try state.check(task)
      state.tasks[task.rawValue].stackBase = UInt(bitPattern: base)
      state.tasks[task.rawValue].stackSize = byteCount
    }
  }

  /// Calls `body`, with the lock held, if a task has a stack that nobody takes away meanwhile: not while
  /// it is being made, and not after its end.
  public func withStack(of task: TaskNumber, _ body: () -> Void) {
    withColdState { (state: inout State) in
      guard state.tasks.contains(task.rawValue) else { return }
      let record = task.rawValue
      guard state.tasks[record].state != .exited, state.tasks[record].savedStack != 0 else {
        return
      }
      body()
    }
  }

  /// The most bytes of its stack that a task ever used; nil when nobody said where the stack is. It
  /// walks the unused part without the lock: only for a task that nobody deletes meanwhile.
  ///
  /// - Throws: `noSuchTask`.
  public func peakStackUse(of task: TaskNumber) throws(TaskError) -> UInt32? {
    let info = try info(of: task)
    // SAFETY: `setStack` was told of a stack that is the task's as long as it is there.
    guard let base = unsafe UnsafeRawPointer(bitPattern: info.stackBase) else { return nil }
    let peak = unsafe StackWatermark.peak(base, byteCount: Int(info.stackSize))
    return UInt32(truncatingIfNeeded: peak)
  }
}
