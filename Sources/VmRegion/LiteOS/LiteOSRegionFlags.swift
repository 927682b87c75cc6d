// SPDX-License-Identifier: Apache-2.0
/// LiteOS' region flags (VM_MAP_REGION_FLAG_…), and their meaning in this kernel.
///
///     18 fixed, no replace  17 fixed  16 shm  15 mmap  14 vdso  13 bss  12 text  11 data  10 heap
///     9 stack  8 private  7 shared  5 execute  4 write  3 read  2 user
public struct LiteOSRegionFlags: Equatable, Sendable {
  /// The bits as C callers pass them.
  public let rawValue: UInt32

  /// Creates flags from their bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Creates the flags for the permissions of a page or a region.
  public init(_ permissions: Permissions) {
    rawValue =
      UInt32(permissions.intersection(.allAccess).rawValue) << 3
      | (permissions.contains(.user) ? 1 << 2 : 0)
  }

  /// The permissions: bits 3 to 5 are read, write and execute, bit 2 is `user`.
  public var permissions: Permissions {
    var result = Permissions(rawValue: UInt8(truncatingIfNeeded: rawValue >> 3 & 7))
    if rawValue & 1 << 2 != 0 { result.insert(.user) }
    return result
  }

  /// Whether the region is for the vDSO: sealed, with frames of the kernel.
  public var isVdso: Bool { rawValue & 1 << 14 != 0 }

  /// The placement for `address`, 0 for anywhere. As in LiteOS, another address is taken exactly;
  /// if it is in use, the call fails, unless the fixed flag is set.
  func placement(_ address: UserAddress) -> MapRequest.Placement {
    if address == 0 { return .anywhere(hint: 0) }
    return rawValue & 1 << 17 != 0 ? .fixed(address) : .fixedNoReplace(address)
  }
}

/// LiteOS' negative status codes of memory calls (LOS_ERRNO_VM_…).
public enum LiteOSMemoryStatus {
  /// No such region or mapping.
  public static let notFound: Int32 = -2
  /// No free frame or no free address range.
  public static let noMemory: Int32 = -5
  /// An invalid argument.
  public static let invalidArguments: Int32 = -8
  /// The page is already mapped.
  public static let alreadyExists: Int32 = -14

  /// The LiteOS status for an error of this module. No other code translates them.
  public static func status(of error: MemoryError) -> Int32 {
    switch error {
    case .outOfMemory: noMemory
    case .invalid: invalidArguments
    case .notPermitted, .accessDenied: -17  // LOS_ERRNO_VM_NOT_ALLOWED
    case .exists: alreadyExists
    case .fault: notFound
    }
  }
}
