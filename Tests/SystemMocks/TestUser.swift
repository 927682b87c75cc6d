// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import VmRegion

@testable import UserSpace

/// Access to the memory of the running program: through its space, page by page, with the program's
/// own permissions.
package enum TestUser<A: Architecture>: UserMemory {
  package static func copyIn(
    _ destination: UnsafeMutableRawPointer, from range: UserRange
  ) -> Bool {
    var bytes = MutableRawSpan(_unsafeStart: destination, byteCount: Int(range.count))
    do {
      try UserServices<A>.process.pointee.space.read(from: range.base, into: &bytes)
      return true
    } catch { return false }
  }

  package static func copyOut(_ source: UnsafeRawPointer, to range: UserRange) -> Bool {
    do {
      try UserServices<A>.process.pointee.space.write(
        RawSpan(_unsafeStart: source, byteCount: Int(range.count)), to: range.base)
      return true
    } catch { return false }
  }

  package static func copyString(
    _ destination: UnsafeMutableRawPointer, from range: UserRange
  ) -> Word? {
    for index in 0..<range.count {
      let place = destination + Int(index)
      guard let byte = UserRange(base: range.base &+ index, count: 1), copyIn(place, from: byte)
      else { return nil }
      if place.load(as: UInt8.self) == 0 { return index }
    }
    return range.count
  }
}
