import TickHandler

/// The clocks that count a process's use of a CPU. 2 is the process's own, 3 the thread's; the
/// number of any other is -8 * (pid + 1) + 4 if it is a thread's + its kind, where pid 0 is the
/// caller. A process has one thread so far, so the process's and the thread's are one.
extension SystemCall {
  static var processClock: UInt32 { 2 }
  static var threadClock: UInt32 { 3 }

  /// Kinds 0 and 1 are profiling and user time, 2 is what the scheduler counts; 3 is none.
  static var scheduledKind: UInt32 { 2 }

  /// True for the number of a clock behind a descriptor, -8 * (descriptor + 1) + 3: there are none.
  static func isDescriptorClock(_ identifier: UInt32) -> Bool { identifier & 7 == 3 }

  /// True for the CPU clock of a process that there is.
  @inline(__always)
  func isProcessorClock(_ identifier: UInt32) -> Bool {
    if identifier == SystemCall.processClock || identifier == SystemCall.threadClock { return true }
    let number = Int32(bitPattern: identifier)
    guard number < 0, identifier & 3 <= SystemCall.scheduledKind else { return false }
    let owner = UInt32(bitPattern: ~(number >> 3))
    // SAFETY: the process outlives the call.
    return unsafe owner == 0 || owner == process.pointee.identifier
  }

  /// What a CPU clock says.
  ///
  /// - Throws: `invalid` if it is none, or one of a process that there is not.
  @inline(__always)
  func processorTime(of identifier: UInt32) throws(Errno) -> Timespec {
    guard isProcessorClock(identifier) else { throw .invalid }
    // SAFETY: the process outlives the call.
    return unsafe process.pointee.processorTime
  }
}
