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
  /// with three. With more than one, -1 leaves an identity as it is.
  ///
  /// - Throws: `invalid` for an identity that is not root's.
  @inline(never)
  func setIdentities(_ count: Int) throws(Errno) -> Word {
    for index in 0..<count {
      let identity = argument(index)
      guard identity == 0 || count > 1 && identity == .max else { throw .invalid }
    }
    return 0
  }

  /// getresuid and getresgid: stores root's identity at each of three addresses.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  func storeIdentities() throws(Errno) -> Word {
    for index in 0..<3 {
      try UserBuffer<P>(address: address(index), count: 4).store(UInt32(0))
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

  /// setgroups: the number of groups, their address.
  ///
  /// - Throws: `invalid` for too many groups, or one that is not root's; `badAddress`.
  @inline(__always)
  func setSupplementaryGroups() throws(Errno) -> Word {
    guard argument(0) <= Self.greatestGroupCount else { throw .invalid }
    for index in 0..<Word(argument(0)) {
      var identity: UInt32 = 0
      // Wrapping: a range that wraps is refused.
      try UserBuffer<P>(address: UserAddress(word(1) &+ index &* 4), count: 4).load(to: &identity)
      guard identity == 0 else { throw .invalid }
    }
    return 0
  }
}
