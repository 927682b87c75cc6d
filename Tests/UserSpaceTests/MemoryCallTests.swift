// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import UserSpace

/// The memory calls, with the answers of Linux.
final class MemoryCallTests: MachineTestCase {
  func testBrkReturnsTheNewEndOrTheOld() {
    XCTAssertEqual(machine.call(.brk, 0), 0x15_000)
    XCTAssertEqual(machine.call(.brk, 0x16_001), 0x16_001)
    machine.put([1], at: 0x16_000)
    XCTAssertEqual(machine.call(.brk, 0x100), 0x16_001)
  }

  func testMmapRefusesInvalidArguments() {
    XCTAssertEqual(machine.call(.mmap2, 0, 0, 3, 0x22, .max, 0), -22)
    XCTAssertEqual(machine.call(.mmap2, 0, 4096, 3, 0x20, .max, 0), -22)
    XCTAssertEqual(machine.call(.mmap2, 0x10_0001, 4096, 3, 0x32, .max, 0), -22)
    XCTAssertEqual(machine.call(.mmap2, 0x10_000, 4096, 3, 0x10_0022, .max, 0), -17)
    XCTAssertEqual(machine.call(.mmap2, 0x1000, 4096, 3, 0x32, .max, 0), -22)
    XCTAssertEqual(machine.call(.mmap2, 0x2000, 4096, 3, 0x32, .max, 0), -1)
  }

  func testMunmapRefusesInvalidArguments() {
    XCTAssertEqual(machine.call(.munmap, buffer + 1, 4096), -22)
    XCTAssertEqual(machine.call(.munmap, buffer, 0), -22)
  }

  func testMprotectChangesPermissions() {
    XCTAssertEqual(machine.call(.mprotect, buffer, 4096, 16), -22)
    XCTAssertEqual(machine.call(.mprotect, 0x3000_0000, 0, 3), 0)
    XCTAssertEqual(machine.call(.mprotect, buffer, 4096, 1), 0)
    XCTAssertEqual(machine.call(.clockGettime64, 0, buffer), -14)
    XCTAssertEqual(machine.call(.mprotect, buffer, 4096, 3), 0)
  }

  func testMadviseDiscardsOrRefuses() {
    machine.put([5], at: buffer)
    XCTAssertEqual(machine.call(.madvise, buffer, 4096, 4), 0)
    XCTAssertEqual(machine.bytes(buffer, 1), [0])
    XCTAssertEqual(machine.call(.madvise, buffer, 4096, 99), -22)
    XCTAssertEqual(machine.call(.madvise, buffer, 4096, 3), 0)
    // The sum of the last range wraps in 32 bits; in 64 it leads to addresses that are not mapped.
    #if APUS_WORD_64
      let wrapped: Int32 = -12
    #else
      let wrapped: Int32 = -22
    #endif
    for advice: UInt32 in [3, 4, 8] {
      XCTAssertEqual(machine.call(.madvise, 0x3000_0000, 4096, advice), -12)
      XCTAssertEqual(machine.call(.madvise, buffer + 1, 4096, advice), -22)
      XCTAssertEqual(machine.call(.madvise, buffer, 0, advice), 0)
      XCTAssertEqual(machine.call(.madvise, 0x7fff_f000, 0xffff_f000, advice), wrapped)
    }
  }
}
