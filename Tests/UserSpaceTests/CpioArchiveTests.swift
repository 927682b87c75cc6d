// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import UserSpace

final class CpioArchiveTests: XCTestCase {
  private func refusal(_ bytes: [UInt8]) -> CpioError? {
    do throws(CpioError) {
      _ = try CpioArchive(bytes.span.bytes)
      return nil
    } catch { return error }
  }

  private func sample() -> [UInt8] {
    var builder = CpioBuilder()
    builder.add(".", mode: 0o040755)
    builder.add("init", Array("first".utf8), mode: 0o100755)
    builder.add("./etc", mode: 0o040755)
    builder.add("./etc/motd", Array("hello\n".utf8))
    builder.add("/init", Array("second".utf8), mode: 0o100755)
    return builder.finish()
  }

  func testEntriesComeInOrderWithoutThePrefixesOfTheirNames() throws {
    let bytes = sample()
    let archive = try CpioArchive(bytes.span.bytes)
    var found: [String] = []
    var offset = 0
    while let entry = archive.entry(at: offset) {
      let name = bytes[entry.nameOffset..<entry.nameOffset + entry.nameCount]
      let data = bytes[entry.dataOffset..<entry.dataOffset + entry.dataCount]
      found.append(String(decoding: name + [0x3d] + data, as: UTF8.self))
      offset = entry.nextOffset
    }
    XCTAssertEqual(found, ["=", "init=first", "etc=", "etc/motd=hello\n", "init=second"])
  }

  func testChecksummedKindIsAccepted() throws {
    var builder = CpioBuilder()
    builder.magic = "070702"
    builder.add("a")
    XCTAssertNil(refusal(builder.finish()))
  }

  func testEachRuleIsChecked() {
    XCTAssertEqual(refusal([]), .notCpio)
    XCTAssertEqual(refusal(Array("070707 old portable".utf8)), .cutShort)
    XCTAssertEqual(refusal([0x1f, 0x8b, 8, 0, 0, 0]), .compressed)
    XCTAssertEqual(refusal([UInt8](sample().prefix(300))), .cutShort)
    var builder = CpioBuilder()
    builder.add("a")
    XCTAssertEqual(refusal(builder.bytes), .noTrailer)
    builder.add("b", [1, 2, 3, 4, 5, 6, 7, 8])
    XCTAssertEqual(refusal(builder.bytes), .noTrailer)
    XCTAssertEqual(refusal(builder.bytes.dropLast()), .badSize)
    var bytes = sample()
    bytes[5] = UInt8(ascii: "7")
    XCTAssertEqual(refusal(bytes), .badMagic)
    bytes = sample()
    bytes[6 + 13] = UInt8(ascii: "g")
    XCTAssertEqual(refusal(bytes), .badNumber)
    bytes = sample()
    bytes[6 + 11 * 8 + 7] = UInt8(ascii: "0")  // the name's size
    XCTAssertEqual(refusal(bytes), .badName)
    bytes = sample()
    bytes[6 + 11 * 8] = UInt8(ascii: "F")
    XCTAssertEqual(refusal(bytes), .badName)
    bytes = sample()
    bytes[6 + 6 * 8 + 1] = UInt8(ascii: "7")  // the data's size
    XCTAssertEqual(refusal(bytes), .badSize)
    for place in 0..<8 { bytes[6 + 6 * 8 + place] = UInt8(ascii: "F") }
    XCTAssertEqual(refusal(bytes), .badSize)
  }

  func testMutatedArchivesNeverTrap() {
    var random = Dice(fuzzing: 2)
    let seed = sample()
    var accepted = 0
    for round in 0..<Dice.rounds(20_000) {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let digits = Array("0123456789abcdefFG/.\0".utf8)
        bytes[Int.random(in: 0..<800, using: &random)] = digits.randomElement(using: &random) ?? 0
      }
      if round % 4 == 0 { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
      guard let archive = try? CpioArchive(bytes.span.bytes) else { continue }
      accepted += 1
      var offset = 0
      while let entry = archive.entry(at: offset) {
        XCTAssertLessThanOrEqual(entry.dataOffset + entry.dataCount, bytes.count)
        XCTAssertGreaterThan(entry.nextOffset, offset)
        offset = entry.nextOffset
      }
    }
    XCTAssertGreaterThan(accepted, 1000)
  }
}
