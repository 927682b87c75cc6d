// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegion
import XCTest

@testable import UserSpace

/// A dynamically linked program starts in its interpreter, which must be a program that may be
/// executed.
final class InterpreterTests: XCTestCase {
  /// An archive with an /init that needs `path`, and with `interpreter` as /ld.so.
  static func archive(
    needs path: String = "/ld.so", interpreter: [UInt8] = ElfBuilder.pie().bytes,
    mode: UInt32 = 0o100755
  ) -> [UInt8] {
    var builder = CpioBuilder()
    builder.add("init", ElfBuilder.dynamic(path).bytes, mode: 0o100755)
    builder.add("ld.so", interpreter, mode: mode)
    builder.add("link", Array("ld.so".utf8), mode: 0o120777)
    builder.add("loop", Array("loop".utf8), mode: 0o120777)
    return builder.finish()
  }

  func testProgramStartsInItsInterpreter() throws {
    for path in ["/ld.so", "ld.so", "/link"] {
      let machine = try Machine(initrd: Self.archive(needs: path))
      let frame = try machine.start()
      let stack = InitialStack(machine, frame.sp)
      let base = try XCTUnwrap(stack.vector[7])
      XCTAssertGreaterThan(base, 0x7000_0000, "below the base of mappings")
      XCTAssertEqual(frame.pc, base + 0x100, path)
      XCTAssertEqual(stack.vector[9], 0x40_0101, "AT_ENTRY is the program's")
      XCTAssertEqual(stack.vector[3], 0x40_0034, "AT_PHDR is the program's")
      XCTAssertEqual(stack.vector[5], 3)
      let file = ElfBuilder.pie().bytes
      XCTAssertEqual(machine.bytes(base, 0x200), Array(file[0..<0x200]))
      XCTAssertEqual(machine.bytes(base + 0x2800, 4), Array(file[0x1800..<0x1804]))
      let process = Services.process
      XCTAssertEqual(
        process.pointee.space.region(at: UserAddress(base))?.permissions, [.read, .execute])
      XCTAssertNil(
        process.pointee.space.region(at: UserAddress(base + 0x1000)), "between the segments")
      XCTAssertEqual(machine.call(.brk, 0), 0x40_5000, "the heap follows the program")
      XCTAssertEqual(machine.release(), 0)
    }
  }

  func testInterpreterAtFixedAddresses() throws {
    let machine = try Machine(initrd: Self.archive(interpreter: ElfBuilder().bytes))
    let frame = try machine.start()
    XCTAssertEqual(frame.pc, 0x10_100)
    XCTAssertEqual(InitialStack(machine, frame.sp).vector[7], 0)
    XCTAssertEqual(machine.release(), 0)
  }

  func testInterpretersOwnInterpreterIsIgnored() throws {
    let loader = ElfBuilder.dynamic("/nothing").bytes
    let machine = try Machine(initrd: Self.archive(interpreter: loader))
    XCTAssertNoThrow(try machine.start())
    XCTAssertEqual(machine.release(), 0)
  }

  /// Segments in descending order: the range begins at the lowest.
  func testInterpreterWithSegmentsInAnyOrder() throws {
    var loader = ElfBuilder.pie()
    loader.segments.swapAt(0, 1)
    let machine = try Machine(initrd: Self.archive(interpreter: loader.bytes))
    let frame = try machine.start()
    XCTAssertEqual(machine.bytes(frame.pc - 0x100, 4), Array(loader.bytes[0..<4]))
    XCTAssertEqual(machine.release(), 0)
  }

  /// The log line, the status of the machine and the error of execve.
  private func failure(_ initrd: [UInt8]) throws -> (ProgramFailure?, [String]) {
    let machine = try Machine(initrd: initrd)
    var failure: ProgramFailure?
    let lines = CapturedLog.lines {
      do throws(ProgramFailure) { _ = try machine.start() } catch { failure = error }
    }
    XCTAssertEqual(machine.pool.freeCount, machine.freeAtFirst)
    return (failure, lines)
  }

  func testBadInterpreterIsReportedByName() throws {
    let cases: [(archive: [UInt8], status: Int32, errno: Errno, line: String)] = [
      (Self.archive(needs: "/x"), 127, .noEntry, "/x: not found"),
      (Self.archive(needs: "/ld.so/x"), 127, .notDirectory, "/ld.so/x: not reached"),
      (Self.archive(needs: "/loop"), 127, .symbolicLinkLoop, "/loop: too many symbolic links"),
      (
        Self.archive(needs: "/"), 127, .accessDenied,
        "/: not a regular file that may be executed"
      ),
      (
        Self.archive(mode: 0o100644), 127, .accessDenied,
        "/ld.so: not a regular file that may be executed"
      ),
      (
        Self.archive(interpreter: [UInt8](repeating: 1, count: 60)), 126, .badLibrary,
        "/ld.so: not an ELF file"
      ),
      (
        Self.archive(interpreter: [1, 2]), 126, .inputOutput,
        "/ld.so: the file is shorter than an ELF header"
      ),
    ]
    for (archive, status, errno, line) in cases {
      let (failure, lines) = try failure(archive)
      XCTAssertEqual(failure?.status, status, line)
      XCTAssertEqual(failure?.errno, errno, line)
      XCTAssertEqual(lines, ["init: /init needs \(line)"])
    }
  }
}
