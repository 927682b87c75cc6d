// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Capabilities (capget(2)). Every program is root's and has all of them, effective and permitted,
/// and none is inheritable.
extension SystemCall {
  /// The version of the sets, by the size of their record (linux/capability.h).
  private static func wordCount(ofVersion version: UInt32) -> Int? {
    switch version {
    case 0x1998_0330: 1
    case 0x2007_1026, preferredVersion: 2
    default: nil
    }
  }

  private static var preferredVersion: UInt32 { 0x2008_0522 }

  /// The header at the first argument: the number of words in a set; nil for an unknown version, in
  /// whose place the preferred one is stored.
  ///
  /// - Throws: `badAddress`.
  private func capabilityWords() throws(Errno) -> Int? {
    let version: InlineArray<1, UInt32> = try load(address(0))
    let count = Self.wordCount(ofVersion: version[0])
    if count == nil {
      try UserBuffer<P>(address: address(0), count: 4).store(Self.preferredVersion)
    }
    return count
  }

  /// The number of a thread in the header; 0 is the running one.
  ///
  /// - Throws: `badAddress`.
  private func capabilityNumber() throws(Errno) -> UInt32 {
    let number: InlineArray<1, UInt32> = try load(address(0) &+ 4)
    return number[0]
  }

  /// capget: the header, and the address for the sets; with a null pointer only the version is
  /// checked.
  ///
  /// - Throws: `invalid` for an unknown version or a negative number; `noProcess`, `badAddress`.
  @inline(__always)
  func capabilities() throws(Errno) -> Word {
    let count = try capabilityWords()
    guard address(1) != 0 else { return 0 }
    guard let count else { throw .invalid }
    let thread = try capabilityNumber()
    guard Int32(bitPattern: thread) >= 0 else { throw .invalid }
    _ = try threadTask(thread)
    let (low, high) = (UInt32(truncatingIfNeeded: Capabilities.all), UInt32(Capabilities.all >> 32))
    let sets: InlineArray<6, UInt32> = [low, low, 0, high, high, 0]
    try store(sets, first: count * 3, at: address(1))
    return 0
  }

  /// capset: the header, the address of the sets. They must be what they are: a program that gives
  /// up a capability would keep it.
  ///
  /// - Throws: `invalid` for an unknown version; `notPermitted` for another thread and other sets;
  ///   `badAddress`.
  @inline(__always)
  func setCapabilities() throws(Errno) -> Word {
    guard let count = try capabilityWords() else { throw .invalid }
    let thread = try capabilityNumber()
    guard thread == 0 || thread == P.threadIdentifier.rawValue else { throw .notPermitted }
    let words: InlineArray<6, UInt32> = try load(address(1), first: count * 3)
    for index in 0..<3 {
      let set = UInt64(words[index + 3]) << 32 | UInt64(words[index])
      guard set & Capabilities.all == (index < 2 ? Capabilities.all : 0) else {
        throw .notPermitted
      }
    }
    return 0
  }
}
