// SPDX-License-Identifier: Apache-2.0
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
    // SAFETY: the caller's slots are initialised and live as long as the table.
    unsafe slots = start
    capacity = UInt32(memory.count)
    for place in 0..<capacity {
      self[slot: place].number = place
      self[slot: place].nextFree = place + 1
    }
  }

  /// False if the number's slot does not exist, so that the number is certainly invalid.
  func isPlausible(_ number: UInt32) -> Bool { number & 0xffff < capacity }

  /// The object with a number; nil if there is none.
  @inline(__always)
  subscript(_ number: UInt32) -> ObjectHandle<Object>? {
    guard isPlausible(number) else { return nil }
    let slot = number & 0xffff
    guard self[slot: slot].isUsed, self[slot: slot].number == number else { return nil }
    // SAFETY: the slot is in the table, and its first field is the object.
    return unsafe ObjectHandle(
      at: UnsafeMutableRawPointer(slots + Int(slot)).assumingMemoryBound(to: Object.self))
  }

  /// A slot below `capacity`.
  private subscript(slot slot: UInt32) -> ObjectSlot<Object> {
    // SAFETY: callers pass slots below `capacity`, in memory that lives as long as the table.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(slots + Int(slot)) }
    // SAFETY: callers pass slots below `capacity`, in memory that lives as long as the table.
    @inline(__always) mutating unsafeMutableAddress { unsafe slots + Int(slot) }
  }

  /// The number of the object in a slot, which is below `capacity`; nil if the slot is free.
  func number(in slot: UInt32) -> UInt32? {
    self[slot: slot].isUsed ? self[slot: slot].number : nil
  }

  /// Adds an object and returns its number; nil when the table is full.
  mutating func add(_ object: Object) -> UInt32? {
    guard firstFree < capacity else { return nil }
    let slot = firstFree
    firstFree = self[slot: slot].nextFree
    self[slot: slot].object = object
    self[slot: slot].isUsed = true
    return self[slot: slot].number
  }

  /// Removes an object, which must exist.
  mutating func remove(_ number: UInt32) {
    let slot = number & 0xffff
    self[slot: slot].isUsed = false
    self[slot: slot].number &+= 0x1_0000  // Wrapping: the count restarts after 65,536 uses.
    self[slot: slot].nextFree = firstFree
    firstFree = slot
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
