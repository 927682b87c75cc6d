// SPDX-License-Identifier: Apache-2.0
/// LiteOS' region flags (VM_MAP_REGION_FLAG_…), and what they mean here.
///
///     18 fixed, no replace  17 fixed  16 shm  15 mmap  14 vdso  13 bss  12 text  11 data  10 heap
///     9 stack  8 private  7 shared  5 execute  4 write  3 read  2 user
public struct LiteOSRegionFlags: Equatable, Sendable {
  /// The bits as C callers pass them.
  public let rawValue: UInt32

  /// The flags with these bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The flags of what a table or a region allows.
  public init(_ permissions: Permissions) {
    rawValue =
      UInt32(permissions.intersection(.allAccess).rawValue) << 3
      | (permissions.contains(.user) ? 1 << 2 : 0)
  }

  /// Bits 3 to 5 are read, write and execute, as in `Permissions`; bit 2 is its user.
  public var permissions: Permissions {
    var result = Permissions(rawValue: UInt8(truncatingIfNeeded: rawValue >> 3 & 7))
    if rawValue & 1 << 2 != 0 { result.insert(.user) }
    return result
  }

  /// The vDSO's region: sealed, over frames of the kernel.
  public var isVdso: Bool { rawValue & 1 << 14 != 0 }

  /// What an address other than 0 means: LiteOS takes exactly that place, and fails if it is
  /// taken, unless the fixed flag is given.
  func placement(_ address: UInt32) -> MapRequest.Placement {
    if address == 0 { return .anywhere(hint: 0) }
    return rawValue & 1 << 17 != 0 ? .fixed(address) : .fixedNoReplace(address)
  }
}

/// LiteOS' small negative answers of memory calls (LOS_ERRNO_VM_…).
public enum LiteOSMemoryStatus {
  /// Nothing is there.
  public static let notFound: Int32 = -2
  /// No frame or no place.
  public static let noMemory: Int32 = -5
  /// A frame that nobody holds, or not what the region is for.
  public static let notValid: Int32 = -7
  /// An argument that makes no sense.
  public static let invalidArguments: Int32 = -8
  /// Something is mapped there already.
  public static let alreadyExists: Int32 = -14

  /// The one table from this subsystem's errors to LiteOS' answers.
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
