// SPDX-License-Identifier: Apache-2.0
import Foundation
import VdsoInspection
import VmRegionMocks
import XCTest

@testable import VdsoModule

/// The verifier under mutations of the built image: it never traps, and an image that it accepts
/// keeps every rule according to independent code: the build's own check, all lookups of libcs, and
/// the toolchain's disassembler.
///
/// APUS_FUZZ=n makes n images if that is more than the few thousand of a normal run,
/// APUS_FUZZ_SEED=n selects others.
final class VdsoFuzzTests: XCTestCase {
  private var dice = Dice(fuzzing: 1)
  private let count = Dice.rounds(6000)

  private func accepts(_ bytes: [UInt8]) -> Bool {
    (try? VdsoImage(checking: bytes.span.bytes, by: A32Rules.self)) != nil
  }

  func testNoMutationOfTheBuiltImagePassesWithABrokenRule() throws {
    let good = try BuiltImage.bytes()
    let places = try MutationPlaces(good)
    let oracle = try Oracle()
    var passed = 0
    for number in 0..<count {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &dice) { places.mutate(&bytes, &dice) }
      guard accepts(bytes) else { continue }
      passed += 1
      let complaints = oracle.complaints(bytes)
      guard complaints.isEmpty else {
        let changes = bytes.indices.filter { $0 < good.count && bytes[$0] != good[$0] }
        return XCTFail("\(number): \(complaints.prefix(3)); changed: \(changes.prefix(16))")
      }
    }
    // The test has a grip on both sides: most are refused, and some are not.
    XCTAssertGreaterThan(passed, count / 100)
    XCTAssertLessThan(passed, count / 2)
  }

  func testNoRandomImagePasses() throws {
    let head = Array(try BuiltImage.bytes().prefix(212))
    for number in 0..<count / 4 {
      var bytes = (0..<Int.random(in: 0...4096, using: &dice)).map { _ in
        UInt8.random(in: 0...255, using: &dice)
      }
      // Half of them with the headers of a real one, so that it is the tables that are noise.
      if number % 2 == 0, bytes.count > head.count {
        bytes.replaceSubrange(0..<head.count, with: head)
      }
      XCTAssertFalse(accepts(bytes), "\(number)")
    }
  }

  /// Every word that the code may contain, as the disassembler shows it: no floating point, no
  /// coprocessor but the counter's, no call, no absolute address.
  func testNoInstructionPassesThatTheDisassemblerWouldForbid() throws {
    var words: [UInt32] = []
    for number in 0..<count * 8 {
      var word = UInt32.random(in: 0...UInt32.max, using: &dice)
      // Mostly with the condition that is always true, or with none.
      if number % 4 != 0 {
        word = word & 0x0fff_ffff | (number % 4 == 1 ? 0xf000_0000 : 0xe000_0000)
      }
      if number % 8 == 2 { word |= 0x000f_0000 }
      if passes(word) { words.append(word) }
    }
    XCTAssertGreaterThan(words.count, count)
    let code = try Disassembly(words: words)
    XCTAssertGreaterThanOrEqual(code.instructions.count, words.count)
    for instruction in code.instructions {
      let isCounter = instruction.text.hasPrefix("mrrc")
      let forbidden = [
        "svc", "hvc", "smc", "bkpt", "msr", "cps", "mrc", "mcr", "cdp", "ldc", "stc",
      ]
      XCTAssertFalse(
        instruction.isFloatingPoint || instruction.isCoprocessorWrite
          || forbidden.contains { instruction.mnemonic.hasPrefix($0) } && !isCounter
          || instruction.operands.contains("[pc"),
        "\(instruction.text)")
    }
  }

  /// Whether the code may contain a word between the address of the page and a return.
  private func passes(_ word: UInt32) -> Bool {
    var image = [UInt8]()
    // 8 - 0xf00 - 8: the banks, 0xf00 before the image; and the sigreturn trampolines.
    for word in [0xe24f_3c0f, 0xe243_3008 as UInt32, word, 0xe12f_ff1e] + A32TestMachine.code[13...]
    {
      withUnsafeBytes(of: word.littleEndian) { image += $0 }
    }
    do {
      _ = try A32Code.check(
        ImageBytes(image.span.bytes), ImageRange(start: 0, size: UInt32(image.count)))
      return true
    } catch {
      return false
    }
  }
}

/// Where a mutation hurts, and how.
private struct MutationPlaces {
  private let headers: Range<Int>
  private let text: Range<Int>
  private let unwinding: Range<Int>
  private let sections: Range<Int>
  private let tables: Range<Int>

  init(_ image: [UInt8]) throws {
    let file = try ElfFile(bytes: image)
    let code = try XCTUnwrap(file.sections.first { $0.flags & 4 != 0 })
    headers = 0..<212
    tables = 212..<Int(code.offset)
    text = Int(code.offset)..<Int(code.offset + code.size)
    sections = Int(try file.word(32))..<image.count
    unwinding = text.upperBound..<sections.lowerBound
  }

  func mutate(_ bytes: inout [UInt8], _ dice: inout Dice) {
    let area = [headers, tables, tables, tables, text, unwinding, sections]
      .randomElement(using: &dice)
    guard let area = area?.clamped(to: 0..<bytes.count), area.count > 8 else { return }
    let place = Int.random(in: area, using: &dice)
    let word = min(place & ~3, bytes.count - 4)
    switch Int.random(in: 0..<16, using: &dice) {
    case 0...3: bytes[place] = .random(in: 0...255, using: &dice)
    case 4...6: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
    case 7...9: bytes[place] &+= [1, 4, 0x10, 0xf0, 0xfc, 0xff].randomElement(using: &dice) ?? 1
    case 10: put(&bytes, word, [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff], &dice)
    case 11: put(&bytes, word, [4, 16, 0x1000, UInt32(bytes.count), 0xef00_0000], &dice)
    case 12: copy(&bytes, 4, to: word, &dice)
    case 13: copy(&bytes, 16, to: min(word, bytes.count - 16), &dice)
    case 14: put(&bytes, word, [.random(in: 0...UInt32.max, using: &dice)], &dice)
    default: cut(&bytes, &dice)
    }
  }

  private func put(_ bytes: inout [UInt8], _ place: Int, _ values: [UInt32], _ dice: inout Dice) {
    guard let value = values.randomElement(using: &dice) else { return }
    withUnsafeBytes(of: value.littleEndian) {
      bytes.replaceSubrange(place..<place + 4, with: $0)
    }
  }

  private func copy(_ bytes: inout [UInt8], _ count: Int, to place: Int, _ dice: inout Dice) {
    let source = Int.random(in: 0...(bytes.count - count) / 4, using: &dice) * 4
    bytes.replaceSubrange(place..<place + count, with: bytes[source..<source + count])
  }

  private func cut(_ bytes: inout [UInt8], _ dice: inout Dice) {
    if Bool.random(using: &dice) {
      bytes.removeLast(min(bytes.count - 256, Int.random(in: 1...512, using: &dice)))
    } else {
      bytes += [UInt8](repeating: 0, count: .random(in: 1...64, using: &dice))
    }
  }
}

/// What independent code finds wrong in an image that the verifier accepted.
private struct Oracle {
  private let manifest: Manifest

  init() throws { manifest = Manifest(try BuiltImage.manifest()) }

  func complaints(_ bytes: [UInt8]) -> [String] {
    do {
      let file = try ElfFile(bytes: bytes)
      var complaints = try ImageRules.check(file, manifest: manifest, sizeLimit: 16384)
        .map(\.description)
      let text = file.sections.first { $0.flags & 4 != 0 }
      let image = MappedImage(bytes: bytes)
      for name in manifest.names {
        let places = try Lookups.all.map { try $0.find(name.name, name.version, image) }
        let place = places.first.flatMap { $0 }.map { $0 &- MappedImage.base } ?? 0
        if Set(places).count != 1 { complaints.append("\(name): libcs differ") }
        if let text, place < text.offset || place >= text.offset + text.size || place % 4 != 0 {
          complaints.append("\(name): at \(place)")
        }
      }
      return complaints
    } catch {
      return ["\(error)"]
    }
  }
}

extension Disassembly {
  /// The words as instructions, by the toolchain's assembler and disassembler.
  fileprivate init(words: [UInt32]) throws {
    let tool = try XCTUnwrap(Disassembly.findTool())
    let clang = URL(fileURLWithPath: tool).deletingLastPathComponent().appending(path: "clang")
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = folder.appending(path: "words.s")
    let object = folder.appending(path: "words.o")
    let lines = words.map { ".inst 0x\(String($0, radix: 16))\n" }
    try Data((".syntax unified\n.arm\nwords:\n" + lines.joined()).utf8).write(to: source)
    let process = Process()
    process.executableURL = clang
    process.arguments = [
      "--target=armv7-none-eabi", "-c", source.path, "-o", object.path,
    ]
    try process.run()
    process.waitUntilExit()
    try self.init(path: object.path, tool: tool)
  }
}
