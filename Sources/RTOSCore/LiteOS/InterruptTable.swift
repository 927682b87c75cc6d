import LiteOSTypes

// SAFETY: the memory lives as long as the table. It is changed under the scheduler's lock; a line's
// handlers are called without it, by the CPU that took the interrupt.
/// Handlers of interrupt lines: one for each line, or several that share it, told apart by their device.
@safe struct InterruptTable {
  private let slots: UnsafeMutablePointer<InterruptSlot>
  private let capacity: UInt32

  /// A table of free places.
  init(_ memory: UnsafeMutableBufferPointer<InterruptSlot>) {
    guard let start = memory.baseAddress else { preconditionFailure("a table without memory") }
    unsafe slots = start
    capacity = UInt32(memory.count)
  }

  /// A place; below the capacity.
  subscript(_ place: UInt32) -> InterruptSlot {
    unsafeAddress { unsafe UnsafePointer(slots + Int(place)) }
    nonmutating unsafeMutableAddress { unsafe slots + Int(place) }
  }

  /// The first place from `start` on that is used for `line`, or nil.
  func first(for line: UInt32, from start: UInt32 = 0) -> UInt32? {
    for place in start..<capacity where self[place].isUsed && self[place].line == line {
      return place
    }
    return nil
  }

  /// A place that is free, or nil.
  func firstFree() -> UInt32? {
    for place in 0..<capacity where !self[place].isUsed { return place }
    return nil
  }

  /// The handler of `line` for a device.
  func place(for line: UInt32, device: UnsafeMutableRawPointer?) -> UInt32? {
    var place = first(for: line)
    while let found = place {
      if unsafe self[found].device == device { return found }
      place = first(for: line, from: found + 1)
    }
    return nil
  }
}

/// A handler of a line.
@safe public struct InterruptSlot {
  var isUsed = false
  var isShared = false
  /// It wants the number and the device.
  var hasArguments = false
  var line: UInt32 = 0
  var number: Int32 = 0
  var device: UnsafeMutableRawPointer?
  var handler: HWI_PROC_FUNC?
  /// How often it was called.
  var count: UInt32 = 0

  /// A free place.
  public init() {}
}
