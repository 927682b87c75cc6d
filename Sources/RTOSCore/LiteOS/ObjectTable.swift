// SPDX-License-Identifier: Apache-2.0
// SAFETY: the memory lives as long as the table, and is reached under the scheduler's lock.
/// Objects of one kind that have a number: the low half of a number is a place, the high half says how
/// often the place was given away before, so that an old number is not taken for a new one.
@safe struct ObjectTable<Object> {
  private let slots: UnsafeMutablePointer<ObjectSlot<Object>>
  private let capacity: UInt32
  private var firstFree: UInt32 = 0

  /// A table whose places are all free; at most 65,535.
  init(_ memory: UnsafeMutableBufferPointer<ObjectSlot<Object>>) {
    guard let start = memory.baseAddress, memory.count < 0xffff else {
      preconditionFailure("a table without memory")
    }
    unsafe slots = start
    capacity = UInt32(memory.count)
    for place in 0..<capacity {
      unsafe slots[Int(place)].number = place
      unsafe slots[Int(place)].nextFree = place + 1
    }
  }

  /// True unless the number is certainly nobody's.
  func couldBe(_ number: UInt32) -> Bool { number & 0xffff < capacity }

  /// The object with a number, or nil.
  @inline(__always)
  subscript(_ number: UInt32) -> Fixed<Object>? {
    guard couldBe(number) else { return nil }
    let slot = unsafe slots + Int(number & 0xffff)
    guard unsafe slot.pointee.isUsed, unsafe slot.pointee.number == number else { return nil }
    return unsafe Fixed(at: UnsafeMutableRawPointer(slot).assumingMemoryBound(to: Object.self))
  }

  /// Puts an object in; nil when the table is full.
  mutating func add(_ object: Object) -> UInt32? {
    guard firstFree < capacity else { return nil }
    let slot = unsafe slots + Int(firstFree)
    firstFree = unsafe slot.pointee.nextFree
    unsafe slot.pointee.object = object
    unsafe slot.pointee.isUsed = true
    return unsafe slot.pointee.number
  }

  /// Takes an object out, which is there.
  mutating func remove(_ number: UInt32) {
    let slot = unsafe slots + Int(number & 0xffff)
    unsafe slot.pointee.isUsed = false
    unsafe slot.pointee.number &+= 0x1_0000  // Wrapping: after 65,536 times it begins again.
    unsafe slot.pointee.nextFree = firstFree
    firstFree = number & 0xffff
  }
}

/// A place in a table.
public struct ObjectSlot<Object> {
  /// The first field.
  var object: Object
  var number: UInt32 = 0
  var nextFree: UInt32 = 0
  var isUsed = false

  /// A free place; `object` is any.
  public init(_ object: Object) { self.object = object }
}
