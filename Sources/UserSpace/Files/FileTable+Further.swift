// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The descriptors from 64 on, in frames of their own.
extension FileTable {
  private var pool: FramePool<P.CPU, P.Memory> { P.memory.space.pool }

  /// The descriptor of a number from 64 on; a closed one if there is no room for it.
  @inline(never)
  func furtherDescriptor(_ number: UInt32) -> Descriptor {
    guard number < UInt32(Descriptor.limit) else { return Descriptor() }
    return further.pointee.descriptor(Int(number))
  }

  /// The descriptor of a number below the limit. As the subscript, for loops over many descriptors.
  @inline(__always)
  subscript(inLoop number: UInt32) -> Descriptor {
    number < UInt32(DescriptorFrames.groupSize)
      ? descriptors[Int(number)] : further.pointee.descriptor(Int(truncatingIfNeeded: number))
  }

  /// Makes room for a descriptor below the limit.
  ///
  /// - Throws: `outOfMemory`.
  func makeRoom(for number: UInt32) throws(Errno) {
    guard Int(number) >= further.pointee.capacity else { return }
    try further.pointee.grow(to: Int(number), pool)
  }

  /// The lowest closed descriptor in `lowest ..< end`, from 64 on, for which there is room then.
  ///
  /// - Throws: `tooManyFiles`, `outOfMemory`.
  @inline(never)
  func lowestFurtherClosed(from lowest: Int, below end: Int) throws(Errno) -> UInt32 {
    var number = lowest
    let counts = further.pointee.counts(in: P.Memory.self)
    while number < end {
      let group = number / DescriptorFrames.groupSize
      if let counts, Int(counts[group]) == DescriptorFrames.groupSize {
        number = (group + 1) * DescriptorFrames.groupSize
      } else if furtherDescriptor(UInt32(number)).isOpen {
        number += 1
      } else {
        try makeRoom(for: UInt32(number))
        return UInt32(number)
      }
    }
    throw .tooManyFiles
  }

  /// The lowest open descriptor from `first` on; nil if there is none.
  @inline(never)
  func firstOpen(from first: UInt32) -> UInt32? {
    let number = Int(min(first, UInt32(Descriptor.limit)))
    let lowest = further.pointee.lowest(from: number, isOpen: true)
    if lowest < DescriptorFrames.groupSize { return UInt32(lowest) }
    return further.pointee.firstOpen(from: lowest, in: P.Memory.self).map { UInt32($0) }
  }

  /// Closes the open descriptors from `first` through `last`, or has exec close them. A preemption
  /// point after each.
  @inline(never)
  func close(from first: UInt32, through last: UInt32, onExec: Bool) {
    var next = first
    while let number = firstOpen(from: next), number <= last {
      if onExec { try? setClosesOnExec(number, true) } else { try? close(number) }
      if P.mustEnd() { return }
      next = number + 1
    }
  }

  /// Initialises the table as a copy of `other`, with references of its own to the same files. The
  /// descriptors from 64 on were copied before (`copyFurther`). A preemption point after each 16
  /// files.
  func copy(from other: FileTable, _ frames: DescriptorFrames) {
    descriptors.clear()
    further.pointee = frames
    let end = UInt32(DescriptorFrames.groupSize)
    var (next, count): (UInt32, Int) = (0, 0)
    while let number = other.firstOpen(from: next), number < end {
      next = number + 1
      let descriptor = other[number]
      guard let file = descriptor.file else { continue }
      P.openFiles.retain(file)
      set(number, descriptor)
      count += 1
      if count & 15 == 0 { _ = P.mustEnd() }  // A preemption point.
    }
  }

  /// A copy of the descriptors from 64 on, with references of its own to the same files. A
  /// preemption point after each group of 64 numbers.
  ///
  /// - Throws: `outOfMemory`; nothing stays allocated then.
  @inline(never)
  func copyFurther() throws(Errno) -> DescriptorFrames {
    var copy = DescriptorFrames()
    guard further.pointee.first != nil else { return copy }
    var left = DescriptorFrames.groupSize
    var next = DescriptorFrames.groupSize
    while let number = further.pointee.firstOpen(from: next, in: P.Memory.self) {
      if number / DescriptorFrames.groupSize != next / DescriptorFrames.groupSize { left = 1 }
      next = number + 1
      if number >= copy.capacity {
        do throws(Errno) { try copy.grow(to: number, pool) } catch {
          Self.release(&copy)
          throw error
        }
      }
      let descriptor = further.pointee.descriptor(number)
      guard let file = descriptor.file else { continue }
      P.openFiles.retain(file)
      copy.set(number, descriptor, in: P.Memory.self)
      left -= 1
      if left == 0 {
        _ = P.mustEnd()  // A preemption point.
        left = DescriptorFrames.groupSize
      }
    }
    return copy
  }

  /// Closes the descriptors from 64 on of a copy that is discarded because the fork failed, with
  /// preemption points.
  @inline(never)
  static func release(_ copy: inout DescriptorFrames) {
    var next = DescriptorFrames.groupSize
    while let number = copy.firstOpen(from: next, in: P.Memory.self) {
      next = number + 1
      if let file = copy.descriptor(number).file { release(file) }
      copy.set(number, Descriptor(), in: P.Memory.self)
      _ = P.mustEnd()  // A preemption point.
    }
    copy.free(P.memory.space.pool)
  }
}
