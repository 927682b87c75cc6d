// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Operations of tests on a pool that has no other user.
extension MemoryPool {
  private var walked: PoolWalk {
    var walk = PoolWalk()
    while !walk.advance(in: self) {}
    return walk
  }

  var statistics: PoolWalk.Statistics { walked.statistics }

  func firstFlaw() -> UInt32? { walked.inconsistency }

  /// Grows or shrinks a block, in place or elsewhere; nil when there is no room.
  func reallocate(
    _ address: UnsafeMutableRawPointer, _ byteCount: UInt32
  ) throws -> UnsafeMutableRawPointer? {
    let old = try capacity(of: address)
    if try resize(address, to: byteCount) { return address }
    guard let new = allocate(byteCount) else { return nil }
    new.copyMemory(from: address, byteCount: Int(min(old, byteCount)))
    try free(address)
    return new
  }
}
