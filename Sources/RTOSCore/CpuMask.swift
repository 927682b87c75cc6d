// SPDX-License-Identifier: Apache-2.0
/// A set of CPUs, bit n for CPU n.
public struct CpuMask: RawRepresentable, Equatable, Sendable {
  /// Bit n is CPU n.
  public private(set) var rawValue: UInt32

  /// Wraps a mask.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// No CPU.
  public static var none: CpuMask {
    @inline(__always) get { CpuMask(rawValue: 0) }
  }

  /// Every CPU.
  public static let all = CpuMask(rawValue: .max)

  /// The set of CPU `cpu`, 0 to 31, alone.
  @inline(__always)
  public init(cpu: UInt32) { rawValue = 1 &<< cpu }

  /// True when no CPU is in the set.
  @inline(__always)
  public var isEmpty: Bool { rawValue == 0 }

  /// The CPUs that are in both sets.
  @inline(__always)
  public func intersection(_ other: CpuMask) -> CpuMask {
    CpuMask(rawValue: rawValue & other.rawValue)
  }

  /// The CPUs that are in this set and not in the other one.
  @inline(__always)
  public func subtracting(_ other: CpuMask) -> CpuMask {
    CpuMask(rawValue: rawValue & ~other.rawValue)
  }

  /// Adds CPU `cpu`, 0 to 31.
  @inline(__always)
  public mutating func insert(_ cpu: UInt32) { rawValue |= 1 &<< cpu }

  /// Removes CPU `cpu`, 0 to 31.
  @inline(__always)
  public mutating func remove(_ cpu: UInt32) { rawValue &= ~(1 &<< cpu) }

  /// Removes and returns the CPU with the lowest number; nil when no CPU is in the set.
  @inline(__always)
  public mutating func removeFirst() -> UInt32? {
    guard rawValue != 0 else { return nil }
    defer { rawValue &= rawValue &- 1 }  // Wrapping: it is not 0.
    return UInt32(truncatingIfNeeded: rawValue.trailingZeroBitCount)
  }

  /// True when CPU `cpu`, 0 to 31, is in the set.
  @inline(__always)
  public func contains(_ cpu: UInt32) -> Bool { rawValue &>> cpu & 1 != 0 }
}
