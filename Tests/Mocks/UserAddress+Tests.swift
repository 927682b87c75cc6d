// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Addresses of a test are its own constants, so that plain arithmetic on them cannot overflow.
extension UserAddress {
  /// The address `count` bytes above.
  public static func + (address: UserAddress, count: Word) -> UserAddress {
    UserAddress(address.word + count)
  }

  /// The address `count` bytes below.
  public static func - (address: UserAddress, count: Word) -> UserAddress {
    UserAddress(address.word - count)
  }

  /// Moves the address up by `count` bytes.
  public static func += (address: inout UserAddress, count: Word) {
    address = UserAddress(address.word + count)
  }
}

#if APUS_WORD_64
  extension UserAddress {
    /// The address in a register of a 32-bit program.
    @_disfavoredOverload
    public init(_ register: UInt32) { self.init(Word(register)) }
  }
#endif

extension PhysicalAddress {
  /// The address `count` bytes above.
  public static func + (address: PhysicalAddress, count: Word) -> PhysicalAddress {
    PhysicalAddress(address.word + count)
  }
}
