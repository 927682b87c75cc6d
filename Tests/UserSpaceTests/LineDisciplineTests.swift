// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

@testable import UserSpace

/// The line discipline, byte by byte, beside what Linux answered: terminal_lines.txt, which
/// terminal_lines.c printed there.
final class LineDisciplineTests: XCTestCase {
  private var terminal = LineDiscipline(.raw)

  private func type(_ bytes: [UInt8]) -> [Signal] {
    var signals: [Signal] = []
    for byte in bytes {
      while terminal.canStep { terminal.step() }
      guard terminal.acceptsByte else {
        XCTFail("byte \(byte) is not taken")
        return signals
      }
      if let signal = terminal.receive(byte) { signals.append(signal) }
    }
    while terminal.canStep { terminal.step() }
    return signals
  }

  private func type(_ text: String) -> [Signal] { type(Array(text.utf8)) }

  private var output: [UInt8] {
    var bytes: [UInt8] = []
    while !terminal.isStopped, let byte = terminal.firstOutput {
      bytes.append(byte)
      terminal.removeFirstOutput()
    }
    return bytes
  }

  private func read(_ most: Int) -> [UInt8]? {
    guard terminal.hasInput else { return nil }
    var bytes = [UInt8](repeating: 0, count: most)
    let end = bytes.withUnsafeMutableBytes {
      var span = MutableRawSpan(_unsafeBytes: $0)
      return terminal.read(into: &span, from: 0, to: most).start
    }
    return Array(bytes.prefix(end))
  }

  private func set(_ input: UInt32, _ output: UInt32, _ local: UInt32) {
    var settings = TerminalSettings.usual
    settings.input = TerminalInputFlags(rawValue: input)
    settings.output = TerminalOutputFlags(rawValue: output)
    settings.local = TerminalLocalFlags(rawValue: local)
    terminal.set(settings)
  }

  /// The bytes of a word of the text: "\hh" is a byte, "-" none.
  private func bytes(_ word: Substring) -> [UInt8] {
    var rest = Array(word.utf8)[...]
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\") {
        bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      } else if byte != UInt8(ascii: "-") {
        bytes.append(byte)
      }
    }
    return bytes
  }

  private func text(_ bytes: [UInt8], limit: Int) -> String {
    guard !bytes.isEmpty else { return "-" }
    guard bytes.count <= limit else { return "\(bytes.count)" }
    return bytes.map {
      $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "-")
        ? String(UnicodeScalar($0)) : String(format: "\\%02x", $0)
    }.joined()
  }

  /// Does the steps of a line, and returns the line with what they answered.
  private func repeatSteps(of line: Substring) -> String {
    let colon = line.firstIndex(of: ":")!
    var words = line[colon...].split(separator: " ")[...]
    var answer = [String(line[...colon])]
    func next() -> Substring {
      let word = words.removeFirst()
      answer.append(String(word))
      return word
    }
    words.removeFirst()
    terminal = LineDiscipline(.raw)
    let flags = (0..<3).map { _ in UInt32(next(), radix: 16)! }
    set(flags[0], flags[1], flags[2])
    XCTAssertEqual(next(), "cc")
    var settings = terminal.settings
    while let word = words.first, word.contains("="), word.first!.isNumber {
      let parts = next().split(separator: "=")
      settings[TerminalCharacter(rawValue: Int(parts[0])!)!] = UInt8(parts[1], radix: 16)!
    }
    terminal.set(settings)
    while let word = words.first, word != "." {
      var signals: [Signal] = []
      switch next() {
      case "t": signals = type(bytes(next()))
      case "Z":
        let parts = next().split(separator: "*")
        signals = type(Array(repeating: UInt8(parts[0], radix: 16)!, count: Int(parts[1])!))
      case "w":
        for byte in bytes(next()) { XCTAssertTrue(terminal.write(byte)) }
      case "l":
        settings.local = TerminalLocalFlags(rawValue: UInt32(next(), radix: 16)!)
        terminal.set(settings)
      case "r":
        let count = Int(next())!
        answer.append(read(count).map { text($0, limit: 100) } ?? "none")
        words.removeFirst()
        continue
      case "a":
        answer.append("\(terminal.inputCount)")
        words.removeFirst()
        continue
      default: XCTFail("\(line)")
      }
      answer.append(text(output, limit: 200))
      words.removeFirst()
      for signal in signals { answer.append("!\(signal.number)") }
      while words.first?.first == "!" { words.removeFirst() }
    }
    return answer.joined(separator: " ") + " ."
  }

  func testLinesAreThoseOfLinux() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../BootTests/Programs/terminal_lines.txt").standardized
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    XCTAssertGreaterThan(lines.count, 90)
    for line in lines { XCTAssertEqual(repeatSteps(of: line), String(line)) }
  }

  func testInputIsNotTakenWhenThereIsNoRoom() {
    set(0, 0, 0)
    for index in 0..<4095 { _ = terminal.receive(UInt8(truncatingIfNeeded: index)) }
    XCTAssertFalse(terminal.acceptsByte, "one place is for the end of a line")
    XCTAssertEqual(read(1), [0])
    XCTAssertTrue(terminal.acceptsByte)
    set(0x100, 0, 2)
    XCTAssertFalse(terminal.hasInput && terminal.inputCount != 4094)
    _ = type("a")
    XCTAssertFalse(terminal.acceptsByte, "there is a line to read")
  }

  func testLongLineAcceptsItsEndAndNothingIsHeldUp() {
    set(0x500, 5, 0x8a3b)
    for _ in 0..<6000 {
      _ = type("x")
      _ = output
    }
    _ = type("\n")
    XCTAssertEqual(read(5000)?.count, 4096)
    XCTAssertTrue(terminal.acceptsByte)
  }

  func testEchoWaitsForRoomUnlessOutputIsStopped() {
    set(0x500, 5, 0x8a3b)
    for _ in 0..<1010 { XCTAssertTrue(terminal.write(0x61)) }
    XCTAssertFalse(terminal.acceptsByte)
    while terminal.outputRoom < 16 { terminal.removeFirstOutput() }
    XCTAssertTrue(terminal.acceptsByte)
    _ = terminal.receive(0x13)
    while terminal.write(0x61) {}
    XCTAssertTrue(terminal.isStopped)
    XCTAssertTrue(terminal.acceptsByte, "a key must start it again")
    _ = type("abc\u{11}")
    XCTAssertFalse(terminal.isStopped)
    XCTAssertEqual(terminal.inputCount, 0)
  }

  func testEachStepEchoesAtMostItsRoom() {
    set(0x500, 0x1805, 0x8a3b)
    var state: UInt32 = 1
    for _ in 0..<200_000 {
      state = state &* 1_664_525 &+ 1_013_904_223
      let byte = UInt8(truncatingIfNeeded: state >> 24)
      let before = terminal.outputCount
      if terminal.canStep {
        terminal.step()
      } else if terminal.acceptsByte {
        _ = terminal.receive(byte & 15 == 13 ? 9 : byte)
      } else {
        _ = read(4096)
      }
      if terminal.outputCount > before {
        XCTAssertLessThanOrEqual(terminal.outputCount - before, 16)
      }
      if terminal.outputRoom < 200 { _ = output }
      if terminal.isStopped { _ = terminal.receive(0x11) }
    }
  }

  func testProgramStopsOutputUntilItStartsIt() {
    set(0x500, 5, 0x8a3b)
    terminal.stopOutput(true)
    _ = type("\u{11}")
    XCTAssertTrue(terminal.isStopped, "the key does not start what a program stopped")
    terminal.stopOutput(false)
    XCTAssertFalse(terminal.isStopped)
    _ = type("\u{13}")
    var settings = terminal.settings
    settings.input.remove(.stopsOutput)
    terminal.set(settings)
    XCTAssertFalse(terminal.isStopped, "without IXON nothing stays stopped")
  }

  func testSenderIsStoppedWhenThereIsLittleRoom() {
    set(0x1000, 0, 0)
    XCTAssertNil(terminal.flowByte())
    _ = type(Array(repeating: 1, count: 4000))
    XCTAssertEqual(terminal.flowByte(), 0x13)
    XCTAssertNil(terminal.flowByte(), "once")
    _ = read(3000)
    XCTAssertNil(terminal.flowByte())
    _ = read(900)
    XCTAssertEqual(terminal.flowByte(), 0x11)
  }

  func testPollNeedsAsManyBytesAsMinSays() {
    set(0, 0, 0)
    var settings = terminal.settings
    settings[.minimum] = 3
    terminal.set(settings)
    _ = type("ab")
    XCTAssertFalse(terminal.isReadable)
    XCTAssertTrue(terminal.hasInput)
    _ = type("c")
    XCTAssertTrue(terminal.isReadable)
    _ = read(2)
    settings[.time] = 1
    terminal.set(settings)
    XCTAssertTrue(terminal.isReadable, "with TIME one byte is enough")
  }

  func testSettingsAreTheWordsOfTheRecord() {
    let usual = TerminalSettings.usual
    XCTAssertEqual(usual[.interrupt], 3)
    XCTAssertEqual(usual[.minimum], 1)
    XCTAssertEqual(usual[.literalNext], 22)
    XCTAssertEqual(usual[.secondEndOfLine], 0)
    var settings = usual
    settings[.suspend] = 0xfe
    let words = TerminalSettings(settings.words).words
    for index in words.indices { XCTAssertEqual(words[index], settings.words[index]) }
  }

  func testSpeedsFollowTheirCodes() {
    var settings = TerminalSettings.usual
    settings.control = 0xcbd  // B9600
    settings.decodeSpeeds(keepsOthers: false)
    XCTAssertEqual(settings.words[9], 9600)
    XCTAssertEqual(settings.words[10], 9600)
    settings.control = 0x1002 << 16 | 0x1000
    settings.decodeSpeeds(keepsOthers: true)
    XCTAssertEqual(settings.words[9], 115_200)
    XCTAssertEqual(settings.words[10], 9600, "BOTHER keeps the speed")
  }
}
