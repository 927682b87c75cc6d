// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

@testable import UserSpace

final class ElfProgramTests: XCTestCase {
  /// The rule that `elf` breaks, nil if none.
  private func refusal(_ elf: ElfBuilder) -> ElfError? { refusal(elf.bytes) }

  private func refusal(_ bytes: [UInt8]) -> ElfError? {
    do throws(ElfError) {
      _ = try ElfProgram<ARMEABI>(bytes.span.bytes, ofFileWith: UInt64(bytes.count))
      return nil
    } catch { return error }
  }

  private func changed(_ change: (inout ElfBuilder) -> Void) -> ElfBuilder {
    var elf = ElfBuilder()
    change(&elf)
    return elf
  }

  func testValidProgramIsAcceptedWithItsSegments() throws {
    let bytes = ElfBuilder().bytes
    let program = try ElfProgram<ARMEABI>(bytes.span.bytes, ofFileWith: UInt64(bytes.count))
    XCTAssertEqual(program.entry, 0x10_100)
    XCTAssertFalse(program.isPositionIndependent)
    XCTAssertEqual(program.bias, 0)
    XCTAssertEqual(program.base, 0x10_000)
    XCTAssertEqual(program.end, 0x15_000)
    XCTAssertEqual(program.lastByte, 0x14_800)
    XCTAssertEqual(program.headersAddress, 0x10_034)
    XCTAssertEqual(program.headerCount, 2)
    XCTAssertEqual(
      program.segment(1),
      ElfSegment(
        fileOffset: 0x1800, fileCount: 0x400, address: 0x12_800, memoryCount: 0x2000,
        permissions: [.read, .write]))
  }

  func testStaticPieIsLoadedAtItsBase() throws {
    let bytes = ElfBuilder.pie().bytes
    let program = try ElfProgram<ARMEABI>(bytes.span.bytes, ofFileWith: UInt64(bytes.count))
    XCTAssertTrue(program.isPositionIndependent)
    XCTAssertEqual(program.bias, 0x40_0000)
    XCTAssertEqual(program.entry.word & 1, 1)
  }

  func testEachRuleOfTheHeaderIsChecked() {
    XCTAssertEqual(refusal([]), .tooShort)
    XCTAssertEqual(refusal([UInt8](ElfBuilder().bytes.prefix(51))), .tooShort)
    XCTAssertEqual(refusal(changed { $0.identification[1] = 0x46 }), .notElf)
    // Linux looks at none of these.
    for place in 4...6 { XCTAssertNil(refusal(changed { $0.identification[place] = 2 })) }
    XCTAssertNil(refusal(changed { $0.version = 0 }))
    XCTAssertEqual(refusal(changed { $0.type = 1 }), .wrongType)
    XCTAssertEqual(refusal(changed { $0.type = 4 }), .wrongType)
    XCTAssertEqual(refusal(changed { $0.machine = 62 }), .wrongMachine)
    for flags: UInt32 in [0, 0x0400_0000, 0x0500_0008] {
      XCTAssertNil(refusal(changed { $0.flags = flags }))
    }
    XCTAssertEqual(refusal(changed { $0.flags = 8 }), .wrongAbi)
    XCTAssertEqual(refusal(changed { $0.identification[7] = 65 }), .wrongAbi)
    XCTAssertEqual(refusal(changed { $0.headerSize = 56 }), .wrongHeaderSize)
    for count in [UInt16(0), 129, 65535] {
      XCTAssertEqual(refusal(changed { $0.headerCount = count }), .wrongHeaderCount, "\(count)")
    }
    XCTAssertEqual(
      refusal(
        changed {
          $0.headerCount = 128; $0.fileCount = 4147
        }),
      .headersOutsideFile)
    XCTAssertEqual(refusal(changed { $0.tableOffset = 0xffff_fff0 }), .headersOutsideFile)
    XCTAssertEqual(refusal(changed { $0.entry = 0x10_102 }), .entryMisaligned)
  }

  func testEachRuleOfTheSegmentsIsChecked() {
    XCTAssertEqual(
      refusal(changed { $0.segments[1].fileCount = 0x2001 }),
      .segmentFileExceedsMemory)
    XCTAssertNil(refusal(changed { $0.fileCount = 0x1bff }), "beyond the file")
    XCTAssertNil(refusal(changed { $0.segments[1].offset = 0xf000_0800 }), "beyond the file")
    // With words of 64 bits the sums of 32-bit fields do not wrap.
    #if APUS_WORD_64
      let (farOffset, wraps): (ElfError?, ElfError) = (nil, .segmentOutsideUserRange)
    #else
      let (farOffset, wraps): (ElfError?, ElfError) = (.segmentWraps, .segmentWraps)
    #endif
    XCTAssertEqual(refusal(changed { $0.segments[1].offset = 0xffff_f800 }), farOffset)
    XCTAssertEqual(refusal(changed { $0.segments[1].memoryCount = 0xffff_ffff }), wraps)
    XCTAssertEqual(
      refusal(
        changed {
          $0.segments[1].address = 0xffff_f800
          $0.segments[1].memoryCount = 0x800
        }), wraps)
    XCTAssertEqual(refusal(changed { $0.segments[1].address = 0x12_804 }), .segmentMisaligned)
    for address in [UInt32(0x8000_0800), 0x7fff_f800, 0xc000_0800] {
      XCTAssertEqual(
        refusal(changed { $0.segments[1].address = address }),
        .segmentOutsideUserRange)
    }
    XCTAssertEqual(refusal(changed { $0.segments[0].address = 0xf000 }), .segmentOutsideUserRange)
    XCTAssertNil(refusal(changed { $0.segments[1].address = 0x10_800 }), "one over the other")
    let swapped = changed { $0.segments.swapAt(0, 1) }.bytes
    XCTAssertNil(refusal(swapped), "in any order")
    XCTAssertEqual(
      try ElfProgram<ARMEABI>(swapped.span.bytes, ofFileWith: UInt64(swapped.count)).lowest,
      0x10_000)
    XCTAssertNil(refusal(changed { $0.segments[1].memoryCount = 0x4000_0000 }))
    // A segment without bytes in the file may have any offset.
    XCTAssertNil(
      refusal(
        changed {
          $0.segments[1].address = 0x20_000
          $0.segments[1].fileCount = 0
        }))
    XCTAssertEqual(
      refusal(
        changed {
          $0.segments[0].type = 4; $0.segments[1].type = 7
        }),
      .nothingToLoad)
    XCTAssertEqual(refusal(changed { $0.entry = 0x12_800 }), .entryNotExecutable)
    XCTAssertEqual(refusal(changed { $0.entry = 0x11_000 }), .entryNotExecutable)
    XCTAssertNil(refusal(changed { $0.segments[0].fileCount = 0x80 }), "after filesz, in the page")
    XCTAssertEqual(refusal(changed { $0.segments[0].flags = 4 }), .entryNotExecutable)
  }

  func testRulesOfAPieCountFromItsBase() {
    var elf = ElfBuilder.pie()
    elf.segments[0].address = 0x7000_0000
    elf.segments[1].address = 0x7000_2800
    elf.entry = 0x7000_0100
    XCTAssertNil(refusal(elf))
    elf.segments[1].address = 0xefff_f800
    elf.segments[1].memoryCount = 0x800
    XCTAssertEqual(refusal(elf), .segmentOutsideUserRange)
  }

  func testInterpretersPathIsChecked() throws {
    let elf = ElfBuilder.dynamic("/lib/ld.so")
    let bytes = elf.bytes
    let program = try ElfProgram<ARMEABI>(bytes.span.bytes, ofFileWith: UInt64(bytes.count))
    XCTAssertEqual(program.interpreterPath?.isEqual(to: "/lib/ld.so"), true)
    func refusal(_ change: (inout ElfBuilder.Segment) -> Void) -> ElfError? {
      var elf = elf
      change(&elf.segments[2])
      return self.refusal(elf)
    }
    XCTAssertEqual(refusal { $0.fileCount -= 1 }, .wrongInterpreterPath, "no terminating zero")
    XCTAssertEqual(refusal { $0.fileCount = 1 }, .wrongInterpreterPath)
    XCTAssertEqual(refusal { $0.fileCount = 4097 }, .wrongInterpreterPath)
    XCTAssertEqual(refusal { $0.offset = 0x2fff }, .wrongInterpreterPath, "beyond the file")
    XCTAssertEqual(refusal { $0.offset = .max }, .wrongInterpreterPath)
    var double = elf
    double.segments.append(double.segments[2])
    double.segments[3].fileCount = 0
    XCTAssertNil(self.refusal(double), "the first one counts")
  }

  func testHarmlessHeadersAreAccepted() throws {
    var elf = ElfBuilder()
    elf.segments.append(
      .init(type: 7, offset: 0, address: 0x12_800, fileCount: 4, memoryCount: 8, flags: 4))
    elf.segments.append(
      .init(type: 0x6474_e551, offset: 0, address: 0, fileCount: 0, memoryCount: 0, flags: 7))
    elf.segments.append(
      .init(type: 1, offset: 0, address: 1, fileCount: 0, memoryCount: 0, flags: 7))
    elf.segments[0].flags = 7
    let bytes = elf.bytes
    let program = try ElfProgram<ARMEABI>(bytes.span.bytes, ofFileWith: UInt64(bytes.count))
    XCTAssertTrue(program.wantsExecutableStack)
    XCTAssertNil(program.segment(2))
    XCTAssertNil(program.segment(4))
    XCTAssertEqual(program.segment(0)?.permissions, .allAccess)
  }

  func testEachRuleHasItsOwnReason() {
    let reasons = Set(ElfError.allCases.map { "\($0.reason)" })
    XCTAssertEqual(reasons.count, ElfError.allCases.count)
  }

  /// 20,000 mutations never trap, and a mutated file that is accepted satisfies all rules that the
  /// loader relies on.
  func testMutatedFilesNeverTrapNorPassInvalid() {
    var random = Dice(fuzzing: 1)
    let seeds = [ElfBuilder().bytes, ElfBuilder.pie().bytes, ElfBuilder.dynamic("/ld").bytes]
    var accepted = 0
    for round in 0..<Dice.rounds(20_000) {
      var bytes = seeds[round % 3]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<148, using: &random)
        let extremes: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)]
        bytes[place] = extremes.randomElement(using: &random) ?? 0
      }
      if round % 5 == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
      guard
        let program = try? ElfProgram<ARMEABI>(bytes.span.bytes, ofFileWith: UInt64(bytes.count))
      else { continue }
      accepted += 1
      if let path = program.interpreterPath { XCTAssertLessThan(path.count, 4096) }
      for index in 0..<program.headerCount {
        guard let segment = program.segment(index) else { continue }
        XCTAssertLessThanOrEqual(
          UInt64(segment.fileOffset) + UInt64(segment.fileCount), UInt64(UInt32.max))
        XCTAssertLessThanOrEqual(segment.fileCount, segment.memoryCount)
        let base = UInt64((segment.base &+ program.bias).word)
        XCTAssertGreaterThanOrEqual(base, 0x10_000)
        XCTAssertLessThanOrEqual(base + UInt64(segment.end.word &- segment.base.word), 0x8000_0000)
      }
    }
    XCTAssertGreaterThan(accepted, 1000)
  }
}
