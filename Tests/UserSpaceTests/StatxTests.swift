// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import XCTest

@testable import UserSpace

/// The record of statx (linux/stat.h), which is stored as the kernel has it.
final class StatxTests: XCTestCase {
  func testEveryWordOfTheRecordIsAsOnLinux() throws {
    var builder = CpioBuilder()
    builder.add("init", ElfBuilder().bytes, mode: 0o100755)
    builder.add("motd", Array("hello\n".utf8))
    let machine = try Machine(initrd: builder.finish(), commandLine: "quiet")
    _ = try machine.start()
    let (buffer, here) = (machine.memory(0x4000), UInt32(bitPattern: -100))
    let (path, record) = (machine.string("/motd", at: buffer), buffer + 256)
    machine.put(words: [1, 10, 2, 20], at: buffer + 64)
    XCTAssertEqual(machine.call(.utimensat, here, path, buffer + 64, 0), 0)
    machine.put([UInt8](repeating: 0xff, count: 260), at: record)

    XCTAssertEqual(machine.call(.statx, here, path, 0, 0x7ff, record), 0)

    let words = machine.words(record, 65)
    var expected = [UInt32](repeating: 0, count: 65)
    // The mask, the size of a block, the links, the mode, the inode, the size, the blocks.
    (expected[0], expected[1], expected[4], expected[7]) = (0x7ff, 4096, 1, 0o100644)
    (expected[8], expected[10], expected[12]) = (words[8], 6, 8)
    // The times of the last access, of the last change, and of the last change of the contents.
    (expected[16], expected[18]) = (1, 10)
    (expected[24], expected[25], expected[26]) = (words[24], words[25], words[26])
    (expected[28], expected[30]) = (2, 20)
    // The minor number of the device, and what follows the record.
    (expected[35], expected[64]) = (2, .max)
    XCTAssertEqual(words, expected)
    XCTAssertNotEqual(words[8], 0)
    XCTAssertEqual(machine.release(), 0)
  }
}
