// SAFETY: the caller hands in memory that is a stack's own, and of which nothing is in use when it is
// filled.
/// How deep a stack has ever been used: it is filled with a pattern before its task runs, and what
/// still has it from the low end on was never touched.
///
/// It can be deceived only by a task that stores the pattern itself, and then says too little.
public enum StackWatermark {
  /// A word that is neither an address of the kernel nor a small number.
  static let pattern: UInt32 = 0xcafe_57ac

  /// Fills `byteCount` bytes from `base` on, both multiples of 4. Before the task runs.
  public static func fill(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    var offset = 0
    while offset < byteCount {
      unsafe base.storeBytes(of: pattern, toByteOffset: offset, as: UInt32.self)
      offset += 4
    }
  }

  /// The most bytes of a filled stack that were ever in use: it walks what was not.
  public static func peak(_ base: UnsafeRawPointer, byteCount: Int) -> Int {
    var unused = 0
    while unused < byteCount,
      unsafe base.load(fromByteOffset: unused, as: UInt32.self) == pattern
    {
      unused += 4
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
