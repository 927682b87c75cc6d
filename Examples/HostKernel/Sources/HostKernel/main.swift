// SPDX-License-Identifier: Apache-2.0
// A kernel's memory and its vDSO without a machine: two address spaces over a table of our own, one
// the fork of the other, and the verifier run over an image.
//
// usage: HostKernel VDSO.so

import Foundation
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion

typealias Space = AddressSpace<PageDirectory, HostProcessor, HostMemory>

/// Ends the program with a reason unless `holds`.
func require(_ holds: Bool, _ what: String) {
  guard !holds else { return }
  FileHandle.standardError.write(Data("HostKernel: \(what)\n".utf8))
  exit(1)
}

/// The word that a program of this space would load.
func load(_ address: UserAddress, from space: borrowing Space) -> UInt32? {
  guard let there = space.table.lookup(VirtualPage(containing: address)),
    there.permissions.allows(.read)
  else { return nil }
  // SAFETY: a frame is a page long, and the address is a multiple of 4.
  return unsafe (HostMemory.pointer(to: there.frame) + Int(address.word & Page.offsetMask))
    .load(as: UInt32.self)
}

/// Stores a word as the kernel does for a program: pages are mapped or copied by faults.
func store(_ value: UInt32, to address: UserAddress, in space: inout Space) throws {
  let words = [value]
  // SAFETY: a word has no padding.
  try unsafe space.write(words.span.bytes, to: address)
}

func forkAnAddressSpace() throws {
  let pool = HostMemory.makePool()
  let free = pool.freeCount
  var parent = Space(table: PageDirectory(), pool: pool)
  let base = try parent.map(
    MapRequest(.anywhere(hint: 0), length: 3 * Page.size, permissions: [.read, .write]))
  require(load(base, from: parent) == nil, "a page is there before it is touched")
  try store(42, to: base, in: &parent)

  var child = Space(table: PageDirectory(), pool: pool)
  try parent.fork(into: &child)
  try store(43, to: base, in: &child)
  require(load(base, from: parent) == 42, "the parent sees what the child has written")
  require(load(base, from: child) == 43, "the child does not see what it has written")
  require(parent.handleFault(at: base &- 1, .read) != .resolved, "an access outside is allowed")
  print("memory: \(free - pool.freeCount) of \(free) frames in use by two spaces after a fork")

  child.teardown()
  parent.teardown()
  require(pool.freeCount == free, "frames are lost")
}

/// The verifier's finding about an image: nil if it keeps every rule.
func flaw(in bytes: [UInt8]) -> VdsoImage.Violation? {
  do throws(VdsoImage.Violation) {
    // SAFETY: bytes have no padding.
    _ = try unsafe VdsoImage(checking: bytes.span.bytes, by: A32Rules.self)
    return nil
  } catch {
    return error
  }
}

func verify(_ path: String) throws {
  var image = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  require(flaw(in: image) == nil, "\(path) breaks a rule")
  print("image: \(image.count) bytes, every rule holds")
  require(flaw(in: Array(image.prefix(64))) != nil, "a stump of it passes")
  image[18] = 3  // e_machine: x86
  guard let other = flaw(in: image) else { return require(false, "an image for x86 passes") }
  print("image: for another machine: \(other.text)")
}

guard let scale = ClockScale(frequency: 62_500_000) else { fatalError("62.5 MHz is no clock") }
require(UInt64(scale.mult) == 16 << UInt64(scale.shift), "a count of 62.5 MHz is not 16 ns")
guard CommandLine.arguments.count == 2 else {
  print("usage: HostKernel VDSO.so")
  exit(2)
}
do {
  try forkAnAddressSpace()
  try verify(CommandLine.arguments[1])
} catch {
  require(false, "\(error)")
}
print("All of it held.")
