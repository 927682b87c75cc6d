// SPDX-License-Identifier: Apache-2.0
import System
import VmRegion

@testable import UserSpace

/// Access to the memory of the running program: through its space, page by page, with the program's
/// own permissions.
package enum TestUser<A: Architecture>: UserMemory {
  package static func copyIn(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, count: Int
  ) -> Bool {
    var bytes = MutableRawSpan(_unsafeStart: destination, byteCount: count)
    do {
      try UserServices<A>.process.pointee.space.read(from: UserAddress(address), into: &bytes)
      return true
    } catch { return false }
  }

  package static func copyOut(
    _ source: UnsafeRawPointer, to address: UInt32, count: Int
  ) -> Bool {
    do {
      try UserServices<A>.process.pointee.space.write(
        RawSpan(_unsafeStart: source, byteCount: count), to: UserAddress(address))
      return true
    } catch { return false }
  }

  package static func copyString(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, room: Int
  ) -> Int? {
    for index in 0..<room {
      let place = destination + index
      guard copyIn(place, from: address &+ UInt32(index), count: 1) else { return nil }
      if place.load(as: UInt8.self) == 0 { return index }
    }
    return room
  }
}
