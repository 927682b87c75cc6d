// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Resource limits: getrlimit, setrlimit, prlimit64, and the checks that other calls make.
extension SystemCall {
  /// The process may have descriptors below this number.
  var descriptorLimit: Int { Int(process.pointee.limits[.descriptors]) }

  /// getrlimit: the resource, the address for its limits.
  @inline(__always)
  func resourceLimit() throws(Errno) -> Word {
    let limit = try exchangeLimit(argument(0), for: nil)
    try store(LimitRecord<P.ABI.Long>(limit).words, at: address(1))
    return 0
  }

  /// setrlimit: the resource, the address of its new limits.
  @inline(__always)
  func setResourceLimit() throws(Errno) -> Word {
    let record = LimitRecord<P.ABI.Long>(try load(address(1)))
    _ = try exchangeLimit(argument(0), for: record.limit)
    return 0
  }

  /// prlimit64: process or thread, resource, address of the new limits, address for the old ones.
  @inline(__always)
  func resourceLimit64() throws(Errno) -> Word {
    var new: ResourceLimit?
    if address(2) != 0 { new = LimitRecord<UInt64>(try load(address(2))).limit }
    var named: ThreadID?
    if argument(0) != 0 {
      named = ThreadID(argument: argument(0))
      guard named != nil else { throw .noProcess }
    }
    let old = try exchangeLimit(argument(1), of: named, for: new)
    guard address(3) != 0 else { return 0 }
    try store(LimitRecord<UInt64>(old).words, at: address(3))
    return 0
  }

  /// Returns the old limits of the process that has the thread, or of the caller's, and sets new
  /// ones, if given. There is one user, who may raise the hard
  /// limits of any process.
  ///
  /// - Throws: `noProcess`, `invalid`; `notPermitted` for more descriptors than a table has.
  @inline(never)
  private func exchangeLimit(
    _ number: UInt32, of thread: ThreadID? = nil, for new: ResourceLimit?
  ) throws(Errno) -> ResourceLimit {
    try P.processes.withLock { (table) throws(Errno) in
      var owner = process
      if let thread {
        guard let task = table.task(of: thread),
          let other = table.thread(task).pointee.process
        else { throw .noProcess }
        owner = other
      }
      guard number < ResourceLimits.count else { throw .invalid }
      let old = owner.pointee.limits[Int(number)]
      guard let new else { return old }
      guard new.soft <= new.hard else { throw .invalid }
      let resource = LimitedResource(rawValue: Int(number))
      guard resource != .descriptors || new.hard <= Word(Descriptor.limit) else {
        throw .notPermitted
      }
      owner.pointee.limits[Int(number)] = new
      if resource == .processorTime || resource == .realTime, new.soft != ResourceLimit.none {
        P.watchCPUTime(true)
      }
      // A stack that is shared with the parent (vfork) keeps the parent's limit.
      if resource == .stack, !owner.pointee.sharesParentSpace {
        owner.pointee.space.setStackLimit(new.soft)
      }
      return old
    }
  }

  /// Checks that the regions may grow by `length` bytes, where regions that `hole` replaces do not
  /// count. Called after `awaitChange`, and keeps other changes out until its last preemption point.
  ///
  /// - Throws: `outOfMemory`; `interrupted` if the thread is dying.
  @inline(never)
  func checkSpace(growsBy length: Word, replacing hole: Range<UserAddress>? = nil) throws(Errno) {
    let limit = process.pointee.limits[.space]
    guard limit != ResourceLimit.none else { return }
    var total = UInt64(length)
    var position: UserAddress = 0
    let memory = process.pointee.memory
    memory.beginSteps()
    defer { memory.endSteps() }
    while let region = memory.space.region(endingAbove: position) {
      position = region.end
      total += UInt64(region.byteCount)
      if let hole {
        let replaced = hole.clamped(to: region.base..<region.end)
        total -= UInt64(replaced.upperBound.word - replaced.lowerBound.word)
      }
      if P.mustEnd() { throw .interrupted }
    }
    guard total <= UInt64(limit & ~Page.offsetMask) else { throw .outOfMemory }
  }
}
