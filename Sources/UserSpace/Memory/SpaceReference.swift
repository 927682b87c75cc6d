// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A change of an address space between two of its steps (`SpaceReference.complete`).
struct ChangeInProgress {
  /// Whether other threads wait for its end.
  var hasWaiters = false
}

/// An address space with the number of processes that use it. More than one do so between a vfork
/// and the child's exec or end. Linux has the same pair in `mm_struct` and `mm_users`.
@safe struct SharedSpace<P: MemoryServices>: ~Copyable {
  /// The address space. It is the first field: `Process.space` is at the record's address.
  var space: AddressSpace<P.Table, P.CPU, P.Memory>
  var users: UInt32 = 1
  /// The lock of the space and of what belongs to the processes that use it.
  let lock = HandoverLock<P.CPU>(.memory)
  /// The change that a thread makes in steps; nil if there is none.
  var change: ChangeInProgress?
  /// Where the program's arguments are.
  var strings = ProgramStrings()
  /// The memory barriers for which it is registered (membarrier), as their commands.
  var barriers: UInt32 = 0
  /// The frame that contains this record.
  let recordFrame: PhysicalFrame
  /// The frame of the process's [vvar] page, which only this space maps; nil without a vDSO.
  var processPageFrame: PhysicalFrame?
}

/// A reference to an address space, whose record is in a frame of its own. So the space outlives
/// the process that lent it to a vfork child, whether that process ends or executes another
/// program.
///
/// References are counted manually: one `release` for each `make` and `retain`. The kernel lock
/// protects the count and all else: held alone, or shared together with the lock of the space.
@safe public struct SpaceReference<P: MemoryServices> {
  private let record: RecordReference<SharedSpace<P>>

  // SAFETY: the frame is new, has 4,096 bytes, and is used by this record until the last `release`.
  /// Creates an empty address space that uses `table`, with one reference.
  ///
  /// - Throws: `outOfMemory`; the table is released then.
  static func make(
    table: consuming P.Table, pool: FramePool<P.CPU, P.Memory>, layout: SpaceLayout
  ) throws(MemoryError) -> SpaceReference {
    precondition(MemoryLayout<SharedSpace<P>>.size <= Int(Page.size), "a space outgrew its frame")
    var space = AddressSpace<P.Table, P.CPU, P.Memory>(
      table: table, pool: pool, layout: layout, fileSource: P.fileSource)
    let recordFrame: PhysicalFrame
    do throws(MemoryError) { recordFrame = try pool.allocateCold(zeroed: false) } catch {
      space.teardown()
      throw error
    }
    let record = unsafe P.Memory.pointer(to: recordFrame).bindMemory(
      to: SharedSpace<P>.self, capacity: 1)
    unsafe record.initialize(to: SharedSpace(space: space, recordFrame: recordFrame))
    return unsafe SpaceReference(record: RecordReference(at: record))
  }

  // SAFETY: the space is the record's first field, and the record lives as long as a reference.
  /// The address of the space; valid until this reference is released.
  @unsafe var mutableAddress: UnsafeMutablePointer<AddressSpace<P.Table, P.CPU, P.Memory>> {
    @inline(__always) get {
      unsafe UnsafeMutableRawPointer(record.address).assumingMemoryBound(
        to: AddressSpace<P.Table, P.CPU, P.Memory>.self)
    }
  }

  // SAFETY: the address is that of the record's first field and lives as long as a reference.
  /// The address of the space, for reading; valid until this reference is released.
  @unsafe var address: UnsafePointer<AddressSpace<P.Table, P.CPU, P.Memory>> {
    @inline(__always) get { unsafe UnsafePointer(mutableAddress) }
  }

  /// Acquires the lock of the space.
  @inline(__always)
  func lock() { record.pointee.lock.acquire() }

  /// Releases the lock of the space. `wake` sends an interrupt to a CPU.
  @inline(__always)
  func unlock(wake: (UInt32) -> Void) { record.pointee.lock.release(wake: wake) }

  /// Whether a CPU asks for the lock of the space.
  var isContended: Bool { record.pointee.lock.isContended }

  /// Whether the space is neither being changed nor being freed.
  var isQuiet: Bool { record.pointee.users > 0 && record.pointee.change == nil }

  // SAFETY: the caller holds a reference, so the space lives.
  /// The address space.
  var space: AddressSpace<P.Table, P.CPU, P.Memory> {
    @inline(__always) unsafeAddress { unsafe address }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe mutableAddress }
  }

  /// Distinguishes this space from all others that exist: the address of its record.
  var identity: UInt {
    // SAFETY: the address is not accessed.
    unsafe UInt(bitPattern: record.address)
  }

  /// The number of references.
  var users: UInt32 { record.pointee.users }

  /// Adds a reference.
  func retain() { record.pointee.users += 1 }

  /// The frame of the process's [vvar] page, which the first call allocates; nil if there is no
  /// memory for it.
  func processPageFrame() -> PhysicalFrame? {
    if record.pointee.processPageFrame == nil {
      record.pointee.processPageFrame = try? space.pool.allocateCold(zeroed: true)
    }
    return record.pointee.processPageFrame
  }

  /// Where the program's arguments are.
  var strings: ProgramStrings {
    get { record.pointee.strings }
    nonmutating set { record.pointee.strings = newValue }
  }

  /// The memory barriers for which the space is registered.
  var barriers: UInt32 {
    get { record.pointee.barriers }
    nonmutating set { record.pointee.barriers = newValue }
  }

  /// The change that a thread makes in steps; nil if there is none.
  var change: ChangeInProgress? {
    @inline(__always) get { record.pointee.change }
    nonmutating set { record.pointee.change = newValue }
  }

  /// Gives up this reference.
  ///
  /// - Returns: true if it was the last one; the caller must then tear the space down and call
  ///   `free`.
  func giveUp() -> Bool {
    record.pointee.users -= 1
    return users == 0
  }

  // SAFETY: nothing refers to the record after the last reference.
  /// Frees the record and the [vvar] page of a space that is torn down, after the last reference.
  func free() {
    let pool = space.pool
    let (recordFrame, processPageFrame) = (
      record.pointee.recordFrame, record.pointee.processPageFrame
    )
    unsafe record.address.deinitialize(count: 1)
    if let processPageFrame { pool.release(processPageFrame) }
    pool.release(recordFrame)
  }
}
