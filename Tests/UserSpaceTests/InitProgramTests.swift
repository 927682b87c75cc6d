// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion
import SystemMocks
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

final class InitProgramTests: XCTestCase {
  func testStackIsThatOfLinux() throws {
    let machine = try Machine(
      initrd: ElfBuilder().bytes, commandLine: "quiet -- one \"two words\" k=\"v w\"")
    let frame = try machine.start()
    XCTAssertEqual(frame.sp & 7, 0)
    XCTAssertEqual(frame.r0, 0)
    XCTAssertEqual(frame.cpsr, 0x10)
    XCTAssertEqual(frame.pc, 0x10_100)
    let stack = InitialStack(machine, frame.sp)
    XCTAssertEqual(stack.arguments, ["/init", "one", "two words", "k=v w"])
    XCTAssertEqual(stack.environment, ["HOME=/", "TERM=linux"])
    XCTAssertEqual(
      stack.tags, [33, 16, 6, 17, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 23, 25, 26, 31, 15])
    let expected: [UInt32: UInt32] = [
      16: 0x3fb8d6, 6: 4096, 17: 100, 3: 0x10_034, 4: 32, 5: 2, 7: 0, 8: 0, 9: 0x10_100, 11: 0,
      12: 0, 13: 0, 14: 0, 23: 0, 26: 0,
    ]
    for (tag, value) in expected { XCTAssertEqual(stack.vector[tag], value, "\(tag)") }
    XCTAssertEqual(machine.text(stack.vector[31] ?? 0), "/init")
    XCTAssertEqual(machine.text(stack.vector[15] ?? 0), "v7l")
    XCTAssertEqual(Set(machine.bytes(stack.vector[25] ?? 0, 16)).count > 4, true)
    let vdso = UserAddress(try XCTUnwrap(stack.vector[33]))
    XCTAssertEqual(Services.process.pointee.space.region(at: vdso)?.name, .vdso)
    XCTAssertEqual(Services.process.pointee.space.region(at: vdso)?.base, vdso)
    XCTAssertEqual(machine.release(), 0)
  }

  func testWithoutAVdsoTheVectorHasNoEntryForIt() throws {
    let machine = try Machine(initrd: ElfBuilder().bytes)
    System<MockArchitecture>.setVdso(Vdso(off: .commandLine))
    let stack = InitialStack(machine, try machine.start().sp)
    XCTAssertNil(stack.vector[33])
    XCTAssertEqual(stack.tags.first, 16)
    XCTAssertEqual(machine.release(), 0)
  }

  func testImageIsInMemoryWithItsPermissions() throws {
    let file = ElfBuilder().bytes
    let machine = try Machine(initrd: file)
    _ = try machine.start()
    XCTAssertEqual(machine.bytes(0x10_000, 0x1000), Array(file[0..<0x1000]))
    XCTAssertEqual(machine.bytes(0x12_800, 0x400), Array(file[0x1800..<0x1c00]))
    // Whole pages of the file, as on Linux, and zeros after the segment's last byte.
    XCTAssertEqual(machine.bytes(0x12_000, 0x800), Array(file[0x1000..<0x1800]))
    XCTAssertEqual(machine.bytes(0x12_c00, 0x1c00), [UInt8](repeating: 0, count: 0x1c00))
    let process = Services.process
    XCTAssertEqual(process.pointee.space.region(at: 0x10_000)?.permissions, [.read, .execute])
    XCTAssertEqual(process.pointee.space.region(at: 0x12_000)?.permissions, [.read, .write])
    XCTAssertEqual(process.pointee.space.region(at: 0x14_000)?.permissions, [.read, .write])
    XCTAssertNil(process.pointee.space.region(at: 0x11_000))
    XCTAssertEqual(machine.call(.brk, 0), 0x15_000)
    XCTAssertEqual(machine.release(), 0)
  }

  func testReadOnlySegmentKeepsTheFileAfterItsEnd() throws {
    var elf = ElfBuilder()
    elf.segments[0].fileCount = 0x80
    let file = elf.bytes
    let machine = try Machine(initrd: file)
    _ = try machine.start()
    XCTAssertEqual(machine.bytes(0x10_000, 0x1000), Array(file[0..<0x1000]))
    XCTAssertEqual(machine.release(), 0)
  }

  func testOverlappingSegmentReplacesAndZerosFollowTheHighest() throws {
    var elf = ElfBuilder()
    elf.segments[0].memoryCount = 0x8000
    elf.segments[1].address = 0x11_800
    let file = elf.bytes
    let machine = try Machine(initrd: file)
    _ = try machine.start()
    XCTAssertEqual(machine.bytes(0x11_800, 0x400), Array(file[0x1800..<0x1c00]))
    XCTAssertEqual(machine.bytes(0x12_000, 0x6000), [UInt8](repeating: 0, count: 0x6000))
    XCTAssertEqual(machine.call(.brk, 0), 0x18_000)
    XCTAssertEqual(machine.release(), 0)
  }

  func testLongSegmentMayBeginInsideAPage() throws {
    var elf = ElfBuilder()
    elf.fileCount = 0x5000
    elf.segments[1].fileCount = 0x2345
    elf.segments[1].memoryCount = 0x2346
    let file = elf.bytes
    let machine = try Machine(initrd: file)
    _ = try machine.start()
    XCTAssertTrue(machine.bytes(0x12_800, 0x2345) == Array(file[0x1800..<0x3b45]))
    XCTAssertTrue(machine.bytes(0x14_b45, 0x4bb).allSatisfy { $0 == 0 })
    XCTAssertEqual(machine.release(), 0)
  }

  func testThumbPieStartsInThumbAtItsBias() throws {
    let machine = try Machine(initrd: ElfBuilder.pie().bytes)
    let frame = try machine.start()
    XCTAssertEqual(frame.pc, 0x40_0100)
    XCTAssertEqual(frame.cpsr, 0x30)
    let stack = InitialStack(machine, frame.sp)
    XCTAssertEqual(stack.vector[9], 0x40_0101)
    XCTAssertEqual(stack.vector[3], 0x40_0034)
    XCTAssertEqual(machine.bytes(0x40_2800, 4), Array(ElfBuilder.pie().bytes[0x1800..<0x1804]))
    XCTAssertEqual(machine.release(), 0)
  }

  private func failure(
    _ initrd: [UInt8], _ commandLine: String = ""
  ) throws -> (failure: ProgramFailure?, lines: [String]) {
    let machine = try Machine(initrd: initrd, commandLine: commandLine)
    var failure: ProgramFailure?
    let lines = CapturedLog.lines {
      do throws(ProgramFailure) { _ = try machine.start() } catch { failure = error }
    }
    XCTAssertEqual(machine.pool.freeCount, machine.freeAtFirst)
    XCTAssertFalse(machine.journal.calls.contains { if case .map = $0 { true } else { false } })
    return (failure, lines)
  }

  /// An archive with a directory, a text file and a symbolic link to itself.
  private func archiveWithoutInit() -> [UInt8] {
    var builder = CpioBuilder()
    builder.add("etc", mode: 0o040755)
    builder.add("bad", Array("bad\n".utf8) + [UInt8](repeating: 10, count: 60))
    builder.add("loop", Array("loop".utf8), mode: 0o120777)
    return builder.finish()
  }

  func testMissingInitIs127() throws {
    let archive = archiveWithoutInit()
    var result = try failure(archive)
    XCTAssertEqual(result.failure?.status, 127)
    XCTAssertEqual(result.lines, ["init: /init: not found"])
    result = try failure(archive, "init=/etc -- init=/x")
    XCTAssertEqual(result.failure?.status, 127)
    XCTAssertEqual(result.lines, ["init: /etc: a directory"])
    result = try failure(archive, "init=/loop")
    XCTAssertEqual(result.failure, .missing(.symbolicLinkLoop))
  }

  func testInvalidInitIs126() throws {
    var result = try failure(archiveWithoutInit(), "init=bad")
    XCTAssertEqual(result.failure, .invalid(.notElf))
    XCTAssertEqual(result.failure?.status, 126)
    XCTAssertEqual(result.lines, ["init: bad: not an ELF file"])
    var elf = ElfBuilder()
    elf.headerCount = 65535
    result = try failure(elf.bytes)
    XCTAssertEqual(result.failure, .invalid(.wrongHeaderCount))
    XCTAssertEqual(
      result.lines, ["init: /init: the number of program headers is not 1 to 128"])
  }

  func testTooLongArgumentsAreRefused() throws {
    let result = try failureOfArguments("-- " + String(repeating: "x", count: 140_000))
    XCTAssertEqual(result, .cannotStart(.argumentsTooLong))
  }

  private func failureOfArguments(_ line: String) throws -> ProgramFailure? {
    let machine = try Machine(initrd: ElfBuilder().bytes, commandLine: line)
    do throws(ProgramFailure) { _ = try machine.start() } catch {
      XCTAssertEqual(machine.pool.freeCount, machine.freeAtFirst)
      return error
    }
    return nil
  }

  /// The n-th mapping fails, for every n until the program loads: all frames are freed each time.
  func testEveryFailedMappingFreesEverything() throws {
    try failMappings(of: ElfBuilder().bytes)
    try failMappings(of: InterpreterTests.archive())
  }

  private func failMappings(of initrd: [UInt8]) throws {
    var failures = 0
    for count in 1... {
      let machine = try Machine(initrd: initrd, commandLine: "-- a b")
      System<MockArchitecture>.setVdso(Vdso(off: .commandLine))
      machine.journal.failingMap = count
      do throws(ProgramFailure) {
        _ = try machine.start()
        XCTAssertEqual(machine.release(), 0)
        break
      } catch {
        XCTAssertEqual(error.status, 126)
        failures += 1
      }
      XCTAssertEqual(machine.pool.freeCount, machine.freeAtFirst, "mapping \(count)")
      XCTAssertTrue(machine.journal.mappings.isEmpty)
    }
    XCTAssertGreaterThanOrEqual(failures, 2)
  }

  /// A machine with n frames, for every n until the program loads.
  func testEveryMissingFrameFreesEverything() throws {
    try Machine.missFrames(of: ElfBuilder().bytes)
    try Machine.missFrames(of: InterpreterTests.archive())
  }
}
