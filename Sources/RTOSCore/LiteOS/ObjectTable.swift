// SPDX-License-Identifier: Apache-2.0
// SAFETY: the memory lives as long as the table, and is accessed under the scheduler's lock.
/// A table of objects of one kind, which C code names by number. The low half of a number is a
/// slot. The high half counts how many times the slot was reused, so that a stale number is not
/// accepted.
@safe struct ObjectTable<Object> {
  private let slots: UnsafeMutablePointer<ObjectSlot<Object>>
  let capacity: UInt32
  private var firstFree: UInt32 = 0

  /// A table whose slots are all free. It has fewer than 65,535 slots.
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

  /// False if the number's slot does not exist, so that the number is certainly invalid.
  func isPlausible(_ number: UInt32) -> Bool { number & 0xffff < capacity }

  /// The object with a number; nil if there is none.
  @inline(__always)
  subscript(_ number: UInt32) -> ObjectHandle<Object>? {
    guard isPlausible(number) else { return nil }
    let slot = unsafe slots + Int(number & 0xffff)
    guard unsafe slot.pointee.isUsed, unsafe slot.pointee.number == number else { return nil }
    return unsafe ObjectHandle(
      at: UnsafeMutableRawPointer(slot).assumingMemoryBound(to: Object.self))
  }

  /// The number of the object in a slot, which is below `capacity`; nil if the slot is free.
  func number(in slot: UInt32) -> UInt32? {
    unsafe slots[Int(slot)].isUsed ? slots[Int(slot)].number : nil
  }

  /// Adds an object and returns its number; nil when the table is full.
  mutating func add(_ object: Object) -> UInt32? {
    guard firstFree < capacity else { return nil }
    let slot = unsafe slots + Int(firstFree)
    firstFree = unsafe slot.pointee.nextFree
    unsafe slot.pointee.object = object
    unsafe slot.pointee.isUsed = true
    return unsafe slot.pointee.number
  }

  /// Removes an object, which must exist.
  mutating func remove(_ number: UInt32) {
    let slot = unsafe slots + Int(number & 0xffff)
    unsafe slot.pointee.isUsed = false
    unsafe slot.pointee.number &+= 0x1_0000  // Wrapping: the count restarts after 65,536 uses.
    unsafe slot.pointee.nextFree = firstFree
    firstFree = number & 0xffff
  }
}

/// A slot of the table.
public struct ObjectSlot<Object> {
  /// The first field, so that the slot's address is the object's.
  var object: Object
  var number: UInt32 = 0
  var nextFree: UInt32 = 0
  var isUsed = false

  /// A free slot; `object` is a placeholder.
  public init(_ object: Object) { self.object = object }
}
