// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import XCTest

@testable import UserSpace

/// The seals of memfd_create: what may still write, and that it is counted exactly. The answers of
/// the calls are compared with Linux's in BootTests.
final class SealTests: MachineTestCase {
  private let (notPermitted, noMemory, busy): (Int32, Int32, Int32) = (-1, -12, -16)
  private let (add, writing): (UInt32, UInt32) = (1033, 8)

  /// A file of two pages that takes seals.
  private func made() -> UInt32 {
    let file = UInt32(
      machine.call(.memfdCreate, machine.string("seals", at: buffer), 2))
    XCTAssertEqual(machine.call(.ftruncate, file, 0x2000), 0)
    return file
  }

  private func map(_ file: UInt32, _ protection: UInt32 = 3) -> UInt32 {
    UInt32(bitPattern: machine.call(.mmap2, 0, 0x2000, protection, 1, file, 0))
  }

  private func writers(_ file: UInt32) -> UInt32 {
    guard let number = Services.process.pointee.files.number(of: file) else { return .max }
    return FileTree<Services>.inode(Services.openFiles[number].node).pointee.writers
  }

  /// Has `body` happen at the next preemption point.
  private func atNextPoint(_ body: @escaping () -> Void) {
    TestContext.atPreemptionPoint = {
      TestContext.atPreemptionPoint = nil
      body()
    }
  }

  func testRegionsThatMayWriteAreCounted() {
    let file = made()
    let base = map(file)
    XCTAssertEqual(writers(file), 1)
    XCTAssertEqual(machine.call(.mprotect, base, 0x1000, 1), 0)
    XCTAssertEqual(writers(file), 2)
    XCTAssertEqual(machine.call(.fcntl64, file, add, writing), busy)
    XCTAssertEqual(machine.call(.mprotect, base, 0x1000, 3), 0)
    XCTAssertEqual(writers(file), 1)
    let child = machine.call(.fork)
    machine.run(machine.task(of: child)) {
      XCTAssertEqual(writers(file), 2)
      XCTAssertEqual(machine.call(.munmap, base + 0x1000, 0x1000), 0)
      XCTAssertEqual(writers(file), 2)
      machine.call(.exitGroup, 0)
    }
    XCTAssertEqual(machine.call(.wait4, .max, 0, 0, 0), child)
    XCTAssertEqual(writers(file), 1)
    XCTAssertEqual(machine.call(.munmap, base, 0x2000), 0)
    XCTAssertEqual(writers(file), 0)
    XCTAssertEqual(machine.call(.fcntl64, file, add, writing), 0)
    XCTAssertEqual(machine.call(.close, file), 0)
  }

  func testSealedFileIsMappedForReadingOnly() {
    let file = made()
    XCTAssertEqual(machine.call(.fcntl64, file, add, writing), 0)
    XCTAssertEqual(map(file), UInt32(bitPattern: notPermitted))
    let base = map(file, 1)
    XCTAssertEqual(writers(file), 0)
    XCTAssertEqual(machine.call(.mprotect, base, 0x1000, 3), -13)
    XCTAssertEqual(writers(file), 0)
    XCTAssertEqual(machine.call(.munmap, base, 0x2000), 0)
    XCTAssertEqual(machine.call(.close, file), 0)
  }

  func testMappingThatFailsIsNotCounted() {
    let file = made()
    machine.withFrames(0) {
      // A second region needs no memory; an address that is not possible fails.
      XCTAssertEqual(
        machine.call(.mmap2, 0x7fff_f000, 0x2000, 3, 0x11, file, 0), noMemory)
    }
    XCTAssertEqual(writers(file), 0)
    XCTAssertEqual(machine.call(.fcntl64, file, add, writing), 0)
    XCTAssertEqual(machine.call(.close, file), 0)
  }

  func testSealStopsAWriteAtTheNextPage() {
    let file = made()
    let page = machine.memory(0x2000)
    let thread = machine.makeThread()
    // At the preemption point after the first page.
    atNextPoint { [self] in
      machine.run(thread) {
        XCTAssertEqual(machine.call(.fcntl64, file, add, writing), 0)
      }
    }
    XCTAssertEqual(machine.call(.write, file, page, 0x2000), 0x1000)
    XCTAssertEqual(machine.call(.write, file, page, 1), notPermitted)
    machine.run(thread) { machine.call(.exit, 0) }
    XCTAssertEqual(machine.call(.close, file), 0)
  }

  func testSizeIsSealedWhileMemoryIsAllocated() {
    let file = made()
    let thread = machine.makeThread()
    atNextPoint { [self] in
      machine.run(thread) { XCTAssertEqual(machine.call(.fcntl64, file, add, 4), 0) }
    }
    let free = machine.pool.freeCount
    XCTAssertEqual(machine.call(.fallocate, file, 0, 0, 0, 0x8000, 0), notPermitted)
    XCTAssertEqual(machine.call(.lseek, file, 0, 2), 0x2000)
    XCTAssertLessThanOrEqual(free - machine.pool.freeCount, 3)  // Pages of holes keep theirs.
    machine.run(thread) { machine.call(.exit, 0) }
    XCTAssertEqual(machine.call(.close, file), 0)
  }
}
