// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A descriptor: its open file, and whether exec closes it.
struct Descriptor {
  /// The maximum number of descriptors of a process, and how many it may have at first, as on Linux
  /// (RLIMIT_NOFILE).
  static var limit: Int { 4096 }
  static var softLimit: Int { 1024 }

  /// The number of the open file plus one, and in bit 0 whether exec closes the descriptor; 0 for a
  /// closed one.
  private var value: UInt16 = 0

  /// A closed descriptor.
  init() {}

  /// A descriptor of the open file with this number.
  init(_ file: UInt16, closesOnExec: Bool) { value = (file + 1) << 1 | (closesOnExec ? 1 : 0) }

  /// The number of the open file; nil for a closed descriptor. Wrapping: the value of an open one is
  /// at least 2.
  var file: UInt16? { value == 0 ? nil : value >> 1 &- 1 }
  /// The number of the open file; for a closed descriptor more than any. Wrapping: as it says.
  @inline(__always)
  var fileIndex: UInt { UInt(value >> 1) &- 1 }
  /// Whether the descriptor is open.
  var isOpen: Bool { value != 0 }
  /// Whether exec closes the descriptor.
  var closesOnExec: Bool { value & 1 != 0 }
}

/// Which descriptors of a process below 64 are open, and the frames of those from 64 on, which are
/// made on demand. The first frame begins with 64 bytes, the room of 32 descriptors, that count the
/// open descriptors of each group of 64, so that no search looks at more than two groups.
struct DescriptorFrames {
  private var frames = InlineArray<2, PhysicalFrame>(repeating: PhysicalFrame(number: 0))
  /// The descriptors in the frames; nil for one that has not been made.
  private(set) var first: RecordTable<Descriptor>?
  private var second: RecordTable<Descriptor>?
  /// A bit for each open descriptor below 64.
  private var open = InlineArray<2, UInt32>(repeating: 0)
  /// Whether the process has set a lock of a range, which a close may have to release. It is with
  /// the descriptors because these, too, are not the parent's after a fork.
  var hasRangeLocks = false

  /// The descriptors of a group, and of a process's page.
  static var groupSize: Int { 64 }
  /// The descriptors of a frame, and the number of the one that would be at the start of the first.
  private static var frameSize: Int { Int(Page.size) / MemoryLayout<Descriptor>.stride }
  private static var base: Int { 32 }

  /// No frames.
  init() {}

  /// The number of descriptors that there is room for, with those of the process's page.
  var capacity: Int {
    first == nil
      ? Self.groupSize : second == nil ? Self.base + Self.frameSize : Descriptor.limit
  }

  /// Notes whether a descriptor below 64 is open.
  @inline(__always)
  mutating func note(_ number: UInt32, isOpen: Bool) {
    let bit: UInt32 = 1 &<< number
    let word = Int(number >> 5) & 1
    open[word] = isOpen ? open[word] | bit : open[word] & ~bit
  }

  /// The lowest descriptor from `first` on and below 64 that is open, or that is not; at least 64 if
  /// there is none.
  @inline(never)
  mutating func lowest(from first: Int, isOpen: Bool) -> Int {
    var number = first
    while number < Self.groupSize {
      let word = isOpen ? open[number >> 5] : ~open[number >> 5]
      let rest = word &>> UInt32(number & 31)
      if rest != 0 { return number + rest.trailingZeroBitCount }
      number = (number | 31) + 1
    }
    return number
  }

  /// The place of a descriptor from 64 on; nil if its frame has not been made. Mutating, so that the
  /// compiler uses this record and no copy of it.
  @inline(__always)
  private mutating func place(of number: Int) -> RecordReference<Descriptor>? {
    let place = number - Self.base
    let table = place < Self.frameSize ? first : second
    return table?.reference(place & (Self.frameSize - 1))
  }

  /// The numbers of open descriptors by group; nil without frames.
  func counts<Memory: PhysicalMemory>(in memory: Memory.Type) -> RecordTable<UInt8>? {
    first == nil ? nil : RecordTable(in: frames[0], of: memory)
  }

  /// The descriptor of a number from 64 on; a closed one if there is no room for it.
  @inline(__always)
  mutating func descriptor(_ number: Int) -> Descriptor {
    place(of: number)?.pointee ?? Descriptor()
  }

  /// Sets a descriptor from 64 on that there is room for, and counts the open ones of its group.
  @inline(never)
  mutating func set<Memory: PhysicalMemory>(
    _ number: Int, _ value: Descriptor, in memory: Memory.Type
  ) {
    guard let place = place(of: number), let counts = counts(in: memory) else {
      preconditionFailure("no room for a descriptor")
    }
    let group = number / Self.groupSize
    if place.pointee.isOpen { counts[group] -= 1 }
    if value.isOpen { counts[group] += 1 }
    place.pointee = value
  }

  /// The lowest open descriptor from `first`, at least 64, on; nil if there is none.
  @inline(never)
  mutating func firstOpen<Memory: PhysicalMemory>(from first: Int, in memory: Memory.Type) -> Int? {
    guard let counts = counts(in: memory) else { return nil }
    var number = first
    while number < capacity {
      let group = number / Self.groupSize
      if counts[group] == 0 {
        number = (group + 1) * Self.groupSize
      } else if descriptor(number).isOpen {
        return number
      } else {
        number += 1
      }
    }
    return nil
  }

  /// Makes room for descriptor `number`.
  ///
  /// - Throws: `outOfMemory`; nothing is changed then, or the first frame made.
  @inline(never)
  mutating func grow<CPU, Memory>(
    to number: Int, _ pool: FramePool<CPU, Memory>
  ) throws(Errno) {
    do throws(MemoryError) {
      if first == nil {
        frames[0] = try pool.allocateCold(zeroed: true)
        first = RecordTable(in: frames[0], of: Memory.self)
      }
      if number >= capacity {
        frames[1] = try pool.allocateCold(zeroed: true)
        second = RecordTable(in: frames[1], of: Memory.self)
      }
    } catch {
      throw Errno(error)
    }
  }

  /// Frees the frames, whose descriptors are closed.
  mutating func free<CPU, Memory>(_ pool: FramePool<CPU, Memory>) {
    if first != nil { pool.release(frames[0]) }
    if second != nil { pool.release(frames[1]) }
    (first, second) = (nil, nil)
  }
}
