// SPDX-License-Identifier: Apache-2.0
// SAFETY: the caller passes the memory of one stack, and no part of it is in use while it is
// filled.
/// Measures how deep a stack was ever used. The stack is filled with a pattern before its task
/// runs; words from the low end on that still hold the pattern were never written.
///
/// A task that stores the pattern itself can make the reported depth too small.
public enum StackWatermark {
  /// A word that is neither a kernel address nor a small number.
  public static let pattern: UInt32 = 0xcafe_57ac

  /// Fills `byteCount` bytes from `base` on, both multiples of 4. Called before the task runs.
  public static func fill(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    var offset = 0
    while offset < byteCount {
      unsafe base.storeBytes(of: pattern, toByteOffset: offset, as: UInt32.self)
      offset += 4
    }
  }

  /// The word to compare with in memory that was cleared and not filled.
  public static let cleared: UInt32 = 0

  /// Writes one word of the pattern in each `markInterval` bytes, for stacks that are created
  /// often. The depth is then known to `markInterval` bytes. The size is a multiple of four times
  /// as many: the loop is unrolled.
  @inline(never)
  public static func mark(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    var offset = 0
    while offset < byteCount {
      for mark in 0..<4 {
        unsafe base.storeBytes(
          of: pattern, toByteOffset: offset &+ mark &* markInterval, as: UInt32.self)
      }
      offset += 4 * markInterval
    }
  }

  /// The distance between marks in bytes.
  public static let markInterval = 128

  /// Returns the most bytes of a filled stack that were ever in use. It walks the unused part in
  /// steps of `interval` bytes.
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
  /// Records the address and size of a task's stack, which `StackWatermark.fill` filled.
  ///
  /// - Throws: `noSuchTask`.
  public func setStack(
    _ base: UnsafeMutableRawPointer, byteCount: UInt32, of task: TaskNumber
  ) throws(TaskError) {
    try withState { (state: inout State) throws(TaskError) in
      try state.check(task)
      state.tasks[task].stackBase = UInt(bitPattern: base)
      state.tasks[task].stackSize = byteCount
    }
  }

  /// Calls `body`, with the lock held, if a task has a stack that cannot be freed meanwhile: not
  /// while the task is being created, and not after its end.
  public func withStack(of task: TaskNumber, _ body: () -> Void) {
    withColdState { (state: inout State) in
      guard state.tasks.contains(task), state.tasks[task].state != .exited,
        state.tasks[task].savedStack != 0
      else { return }
      body()
    }
  }

  /// Returns the most bytes of its stack that a task ever used; nil when the stack is unknown. It
  /// walks the unused part without the lock, so the task must not be deleted meanwhile.
  ///
  /// - Throws: `noSuchTask`.
  public func peakStackUse(of task: TaskNumber) throws(TaskError) -> UInt32? {
    let info = try info(of: task)
    // SAFETY: `setStack` received a stack that is valid as long as the task exists.
    guard let base = unsafe UnsafeRawPointer(bitPattern: info.stackBase) else { return nil }
    let peak = unsafe StackWatermark.peak(base, byteCount: Int(info.stackSize))
    return UInt32(truncatingIfNeeded: peak)
  }
}
