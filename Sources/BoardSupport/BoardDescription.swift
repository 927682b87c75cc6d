// SPDX-License-Identifier: Apache-2.0
/// What the device tree says about the machine, as plain values: nothing in it points anywhere.

/// A range of physical addresses, inside the first 4 GiB.
public struct PhysicalRange: BitwiseCopyable, Equatable, Sendable {
  /// The first address.
  public let base: UInt32

  /// Bytes; `base + byteCount` is at most 2^32.
  public let byteCount: UInt32

  /// A range of its parts, unchecked.
  public init(base: UInt32, byteCount: UInt32) {
    self.base = base
    self.byteCount = byteCount
  }
}

/// A range of bytes of the device tree's blob, inside of it.
public struct BlobRange: BitwiseCopyable, Equatable, Sendable {
  /// Bytes from the blob's start.
  public let offset: UInt32

  /// Bytes.
  public let byteCount: UInt32

  /// A range of its parts, unchecked.
  init(offset: UInt32, byteCount: UInt32) {
    self.offset = offset
    self.byteCount = byteCount
  }

  /// The bytes themselves; `blob` is the one that was read, or a copy of it.
  @_lifetime(copy blob)
  public func bytes(in blob: RawSpan) -> RawSpan {
    blob.extracting(Int(offset)..<Int(offset) + Int(byteCount))
  }
}

/// Up to `capacity` values in a row. What does not fit is counted and left out.
public struct ShortList<let capacity: Int, Element: BitwiseCopyable> {
  private var elements: InlineArray<capacity, Element?> = InlineArray(repeating: nil)

  /// Values that are in the list.
  public private(set) var count = 0

  /// Values that did not fit.
  public private(set) var leftOut = 0

  /// The value at `index`, from 0 up to `count` less one.
  public subscript(index: Int) -> Element {
    guard index < count, let element = elements[index] else {
      preconditionFailure("no such element in the list")
    }
    return element
  }

  /// Appends a value if there is room.
  mutating func append(_ element: Element) {
    guard count < capacity else {
      leftOut += 1
      return
    }
    elements[count] = element
    count += 1
  }
}

/// The machine.
public struct BoardDescription {
  /// One CPU.
  public struct CPU: BitwiseCopyable, Equatable, Sendable {
    /// The affinity bits of its MPIDR: how PSCI calls it.
    public let identifier: UInt32
    /// True when it is started by PSCI (enable-method "psci").
    public let isStartedByPSCI: Bool
  }

  /// How the firmware is called.
  public struct Firmware: BitwiseCopyable, Equatable, Sendable {
    /// The instruction.
    public enum Conduit: BitwiseCopyable, Sendable {
      case hypervisorCall
      case secureMonitorCall
    }
    /// The instruction.
    public let conduit: Conduit
    /// True for PSCI 0.2 and later, which have SYSTEM_OFF, SYSTEM_RESET and fixed numbers.
    public let hasSystemCalls: Bool
    /// The number of CPU_ON.
    public let cpuOn: UInt32
  }

  /// The register blocks of the interrupt controller.
  public struct InterruptController: BitwiseCopyable, Equatable, Sendable {
    /// The first block: a GIC's distributor.
    public let distributor: PhysicalRange
    /// The second block, if there is one: a GIC's CPU interface.
    public let interface: PhysicalRange?
  }

  /// The generic timer.
  public struct Timer: BitwiseCopyable, Equatable, Sendable {
    /// The virtual timer's interrupt as the controller numbers it; a GIC: 16 + n for a private one.
    public let virtualInterrupt: UInt32
    /// The counter's frequency in hertz where firmware left its register unset; otherwise nil.
    public let frequency: UInt32?
    /// False when the tree says that firmware left the counter's registers as they came out of reset
    /// (`arm,cpu-registers-not-fw-configured`): the CPUs' virtual offsets may differ, so programs must
    /// not compute with what they would read.
    public let isForPrograms: Bool
  }

  /// A UART of the type that the board's console is.
  public struct Console: BitwiseCopyable, Equatable, Sendable {
    /// Its registers.
    public let registers: PhysicalRange
    /// Its interrupt as the controller numbers it.
    public let interrupt: UInt32?
  }

  /// Bytes of the blob that are used, from its first one.
  public internal(set) var blobByteCount: UInt32 = 0
  /// Main memory, in the order of the tree; empty ranges and what lies beyond 4 GiB are left out.
  public internal(set) var memory = ShortList<8, PhysicalRange>()
  /// Memory that must not be touched (the blob's reservation map).
  public internal(set) var reservations = ShortList<8, PhysicalRange>()
  /// The CPUs, in the order of the tree.
  public internal(set) var cpus = ShortList<8, CPU>()
  /// PSCI, if there.
  public internal(set) var firmware: Firmware?
  /// The interrupt controller, if it is the board's.
  public internal(set) var interruptController: InterruptController?
  /// The generic timer, if there.
  public internal(set) var timer: Timer?
  /// The console: the UART that stdout-path names, or else the first.
  public internal(set) var console: Console?
  /// The calendar clock's registers, if it is of the board's type.
  public internal(set) var realTimeClock: PhysicalRange?
  /// The kernel command line without its terminating zero.
  public internal(set) var bootArguments: BlobRange?
  /// The initial RAM disk, if one was loaded.
  public internal(set) var initialRAMDisk: PhysicalRange?
  /// Random bytes from the boot loader, to be used once.
  public internal(set) var randomSeed: BlobRange?
  /// Eight more random bytes, meant for placing the kernel.
  public internal(set) var placementSeed: BlobRange?
  /// The console as the tree names it, without its terminating zero.
  public internal(set) var standardOutput: BlobRange?

  init() {}
}
