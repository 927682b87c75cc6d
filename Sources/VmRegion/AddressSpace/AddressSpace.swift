import RTOSCore

/// One program's memory: its regions and the translation table that makes them real.
///
/// Small enough for a process's slot; regions live in frames of the pool. It has no lock: whoever
/// owns it serialises all calls. `teardown` gives everything back and must be called before the
/// value is dropped.
public struct AddressSpace<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>:
  ~Copyable
{
  /// The translation table. Read it to make the space active; change it through the space only.
  public var table: Table
  /// Where frames come from.
  public let pool: FramePool<CPU, Memory>
  /// Where the movable parts lie.
  public let layout: SpaceLayout

  /// An empty space over an empty table.
  public init(
    table: consuming Table, pool: FramePool<CPU, Memory>, layout: SpaceLayout = SpaceLayout()
  ) {
    self.table = table
    self.pool = pool
    self.layout = layout
  }

  /// mmap2 for private memory that is filled with zeros on first touch.
  ///
  /// - Returns: the address of the mapping.
  /// - Throws: `invalid`, `outOfMemory`, `notPermitted`, `exists`; the space is then as it was.
  public mutating func map(_ request: MapRequest) throws(MemoryError) -> UInt32 {
    throw .outOfMemory
  }

  /// Maps like `map` and puts a frame under each page at once: `fill` gets the number of the page
  /// within the mapping and its 4,096 zero bytes. For images and private copies of files.
  ///
  /// - Throws: as `map`, and what `fill` throws; the new mapping is then gone, and with `.fixed`
  ///   so is what was there before, as in Linux.
  public mutating func mapFilled(
    _ request: MapRequest, _ fill: (UInt32, inout MutableRawSpan) throws(MemoryError) -> Void
  ) throws(MemoryError) -> UInt32 {
    throw .outOfMemory
  }

  /// Maps `frames`, which stay their owner's, under a name; the mapping is sealed.
  public mutating func mapSpecial(
    _ placement: MapRequest.Placement, frames: Span<PhysicalFrame>, permissions: Permissions,
    name: RegionName
  ) throws(MemoryError) -> UInt32 {
    throw .outOfMemory
  }

  /// Takes a special mapping back that begins at `base`: for its maker's failure paths only.
  public mutating func removeSpecial(at base: UInt32) {}

  /// The highest free place for `length` bytes where `map` without a wish would put them.
  public func freePlace(length: UInt32) throws(MemoryError) -> UInt32 { throw .outOfMemory }

  /// Makes the [stack] region at the layout's place, `initial` bytes long at first.
  public mutating func mapStack(initial: UInt32) throws(MemoryError) {}

  /// munmap.
  public mutating func unmap(_ base: UInt32, length: UInt32) throws(MemoryError) {}

  /// mprotect.
  public mutating func protect(
    _ base: UInt32, length: UInt32, _ permissions: Permissions
  ) throws(MemoryError) {}

  /// madvise(MADV_DONTNEED).
  public mutating func discard(_ base: UInt32, length: UInt32) throws(MemoryError) {}

  /// Says where the heap begins; behind the image, before the program runs.
  public mutating func setHeapBase(_ base: UInt32) {}

  /// brk: moves the end of the heap.
  ///
  /// - Returns: the end afterwards; the old one if `end` could not be had.
  public mutating func setBreak(to end: UInt32) -> UInt32 { 0 }

  /// Resolves a fault of the program or of the kernel's copy routines.
  public mutating func handleFault(at address: UInt32, _ access: Access) -> FaultOutcome {
    .notMapped
  }

  /// Puts frames under `range` so that `access` needs no fault.
  public mutating func prepare(_ range: UserRange, for access: Access) throws(MemoryError) {}

  /// Copies bytes into the space, whether it is active or not.
  public mutating func write(_ bytes: RawSpan, to address: UInt32) throws(MemoryError) {}

  /// Copies bytes out of the space, whether it is active or not.
  public mutating func read(
    from address: UInt32, into bytes: inout MutableRawSpan
  ) throws(MemoryError) {}

  /// Runs `body` on each region in the order of addresses.
  public func forEachRegion<Failure: Error>(
    _ body: (Region) throws(Failure) -> Void
  ) throws(Failure) {}

  /// The region that holds `address`. O(log n).
  public func region(at address: UInt32) -> Region? { nil }

  /// Gives everything back: frames, regions and the table.
  public mutating func teardown() {}
}
