// SPDX-License-Identifier: Apache-2.0
// The device tree's description of the machine, as plain values without pointers.
import RTOSCore

@_exported import struct RTOSCore.PhysicalRange

/// A range of bytes inside the device tree's blob.
public struct BlobRange: BitwiseCopyable, Equatable, Sendable {
  /// The offset from the blob's start, in bytes.
  public let offset: UInt32

  /// The size in bytes.
  public let byteCount: UInt32

  /// A range with these bounds, unchecked.
  init(offset: UInt32, byteCount: UInt32) {
    self.offset = offset
    self.byteCount = byteCount
  }

  /// The bytes of the range; `blob` is the blob that was read, or a copy of it.
  @_lifetime(copy blob)
  public func bytes(in blob: RawSpan) -> RawSpan {
    blob.extracting(Int(offset)..<Int(offset) + Int(byteCount))
  }
}

/// An array of up to `capacity` values. Values that do not fit are counted and dropped.
public struct FixedList<let capacity: Int, Element> {
  private var elements: InlineArray<capacity, Element?> = InlineArray(repeating: nil)

  /// The number of values in the list.
  public private(set) var count = 0

  /// The number of values that did not fit.
  public private(set) var droppedCount = 0

  /// The value at `index`, which is in `0..<count`.
  public subscript(index: Int) -> Element {
    guard index < count, let element = elements[index] else {
      preconditionFailure("no such element in the list")
    }
    return element
  }

  /// Appends a value if there is room.
  mutating func append(_ element: Element) {
    guard count < capacity else {
      droppedCount += 1
      return
    }
    elements[count] = element
    count += 1
  }
}

extension InlineArray {
  /// A list with room for as many values as the array has.
  public typealias List = FixedList<count, Element>
}

/// The description of the machine.
public struct BoardDescription {
  /// One CPU.
  public struct CPU: BitwiseCopyable, Equatable, Sendable {
    /// The affinity fields of its MPIDR, by which PSCI identifies it.
    public let identifier: UInt32
    /// True if PSCI starts it (enable-method "psci").
    public let isStartedByPSCI: Bool
  }

  /// The calling convention of the firmware (PSCI).
  public struct Firmware: BitwiseCopyable, Equatable, Sendable {
    /// The kinds of call instructions.
    public enum Conduit: BitwiseCopyable, Sendable {
      case hypervisorCall
      case secureMonitorCall
    }
    /// The instruction that calls the firmware.
    public let conduit: Conduit
    /// True for PSCI 0.2 and later, which have SYSTEM_OFF, SYSTEM_RESET and fixed numbers.
    public let hasSystemCalls: Bool
    /// The function number of CPU_ON.
    public let cpuOn: UInt32
  }

  /// The generic timer.
  public struct Timer: BitwiseCopyable, Equatable, Sendable {
    /// The virtual timer's interrupt as the controller numbers it; on a GIC 16 + n for a private
    /// one.
    public let virtualInterrupt: UInt32
    /// The counter's frequency in Hz if firmware left CNTFRQ unset; otherwise nil.
    public let frequency: UInt32?
    /// False if the tree says that firmware left the counter's registers in their reset state
    /// (`arm,cpu-registers-not-fw-configured`). The CPUs' virtual offsets may then differ, so
    /// programs must not read the counter.
    public let isForPrograms: Bool
  }

  /// The size of the blob in bytes, as its header says.
  public internal(set) var blobByteCount: UInt32 = 0
  /// Main memory, in the order of the tree, without empty ranges and ranges beyond 4 GiB.
  public internal(set) var memory = FixedList<8, PhysicalRange>()
  /// Memory that must not be used (the blob's reservation map).
  public internal(set) var reservations = FixedList<8, PhysicalRange>()
  /// The CPUs, in the order of the tree. Those beyond `CpuMask.limit` are dropped.
  public internal(set) var cpus = PerCPU<CPU>.List()
  /// The firmware (PSCI); nil if there is none.
  public internal(set) var firmware: Firmware?
  /// The generic timer; nil if there is none.
  public internal(set) var timer: Timer?
  /// The devices, by the raw value of their role.
  private var devices = PerRole<DeviceRecord?>(repeating: nil)
  /// The kernel command line, without its terminating zero.
  public internal(set) var bootArguments: BlobRange?
  /// The initial RAM disk, if one was loaded.
  public internal(set) var initialRAMDisk: PhysicalRange?
  /// Random bytes from the boot loader; they must be used only once.
  public internal(set) var randomSeed: BlobRange?
  /// Eight more random bytes, meant for randomising the kernel's address.
  public internal(set) var placementSeed: BlobRange?
  /// The value of stdout-path, without its terminating zero.
  public internal(set) var standardOutput: BlobRange?

  init() {}

  /// The device in this role: the first one that the board's driver serves; of consoles, the one in
  /// stdout-path, else the first one. nil if there is none.
  public internal(set) subscript(role: DeviceRole) -> DeviceRecord? {
    get { devices[Int(role.rawValue)] }
    set { devices[Int(role.rawValue)] = newValue }
  }
}
