// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The identities of users and groups. Every program is root's: the calls answer as in a user
/// namespace that maps identity 0 alone (user_namespaces(7)), where all others are invalid.
extension SystemCall {
  /// The most supplementary groups that setgroups accepts. None of them is kept, because each is
  /// root's own group.
  private static var greatestGroupCount: UInt32 { 32 }

  /// setuid and setgid with one identity, setreuid and setregid with two, setresuid and setresgid
  /// with three, of 32 bits or `areShort`. With more than one, -1 leaves an identity as it is.
  ///
  /// - Throws: `invalid` for an identity that is not root's.
  @inline(never)
  func setIdentities(_ count: Int, areShort: Bool = false) throws(Errno) -> Word {
    for index in 0..<count {
      let identity = areShort ? Self.wide(argument(index)) : argument(index)
      guard identity == 0 || count > 1 && identity == .max else { throw .invalid }
    }
    return 0
  }

  /// getresuid and getresgid: stores root's identity, of `size` bytes, at each of three addresses.
  ///
  /// - Throws: `badAddress`.
  @inline(never)
  func storeIdentities(size: Int) throws(Errno) -> Word {
    for index in 0..<3 {
      try UserBuffer<P>(address: address(index), count: size).store(UInt32(0))
    }
    return 0
  }

  /// getgroups: the room for groups, their address. There are none.
  ///
  /// - Throws: `invalid` for negative room.
  @inline(__always)
  func supplementaryGroups() throws(Errno) -> Word {
    guard Int32(bitPattern: argument(0)) >= 0 else { throw .invalid }
    return 0
  }

  /// setgroups: the number of groups, and their address; each has `size` bytes.
  ///
  /// - Throws: `invalid` for too many groups, or one that is not root's; `badAddress`.
  @inline(never)
  func setSupplementaryGroups(size: Int) throws(Errno) -> Word {
    guard argument(0) <= Self.greatestGroupCount else { throw .invalid }
    for index in 0..<Word(argument(0)) {
      var identity: UInt32 = 0
      // Wrapping: a range that wraps is refused.
      try UserBuffer<P>(address: UserAddress(word(1) &+ index &* Word(size)), count: size)
        .load(to: &identity)
      guard identity == 0 else { throw .invalid }
    }
    return 0
  }
}
