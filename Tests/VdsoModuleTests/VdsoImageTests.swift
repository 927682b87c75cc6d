// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import VdsoModule

final class VdsoImageTests: XCTestCase {
  private func flaw<Rules: CodeRules>(
    _ bytes: [UInt8], by rules: Rules.Type = A32Rules.self, expecting expected: BuildID? = nil
  ) -> VdsoImage.Violation? {
    do {
      _ = try Rules.check(bytes.span.bytes, expecting: expected)
      return nil
    } catch {
      return error
    }
  }

  private func checkValidImage<Machine: TestMachine>(of machine: Machine.Type) throws {
    typealias Image = TestImage<Machine>
    let image = try Machine.Rules.check(Image().bytes.span.bytes, expecting: Image.buildID)
    XCTAssertEqual(Int(image.size), Image.sections + 3 * Machine.Fields.sectionSize)
    XCTAssertEqual(image.buildID, Image.buildID)
    XCTAssertEqual(
      image.unwindTable,
      ImageRange(start: UInt32(Image.unwindTable), size: UInt32(Machine.unwindTableSize)))
    let text = UInt32(Image.text)
    XCTAssertEqual(
      image.signalTrampolines,
      SignalTrampolines(
        plain: text + UInt32(Machine.trampolines.plain) * 4,
        realTime: text + UInt32(Machine.trampolines.realTime) * 4))
  }

  func testValidImageIsAccepted() throws {
    try checkValidImage(of: A32TestMachine.self)
    try checkValidImage(of: A64TestMachine.self)
  }

  func testImageOfAnotherMachineIsRefused() {
    XCTAssertEqual(flaw(A64TestImage().bytes, by: A32Rules.self), .elfClass)
    XCTAssertEqual(flaw(A32TestImage().bytes, by: A64Rules.self), .elfClass)
  }

  /// A number above 32 bits is never taken for its low half.
  func testHighHalfOfA64BitFieldIsRefused() {
    typealias Image = A64TestImage
    typealias Fields = ElfFields64
    let fields =
      [
        Fields.programHeaders, Fields.sectionHeaders,
        Image.load + Fields.segmentOffset, Image.load + Fields.segmentOffset + 8,
        Image.load + Fields.segmentLength, Image.load + Fields.segmentLength + 8,
        Image.load + Fields.segmentAlignment, Image.dynamic + Fields.segmentOffset,
        Image.note + Fields.segmentOffset + 8, Image.unwind + Fields.segmentLength,
        Image.section(1) + Fields.sectionOffset, Image.section(1) + Fields.sectionLength,
        Image.section(1) + Fields.sectionEntry, Image.section(2) + Fields.sectionFlags,
        Image.section(2) + Fields.sectionOffset - 8, Image.section(2) + Fields.sectionLength,
        Image.symbol(1) + Fields.symbolValue, Image.symbol(1) + Fields.symbolLength,
      ] + (0..<22).map { Image.dynamicTable + $0 * 8 }
    for field in fields {
      var image = Image()
      image.put32(field + 4, 1)
      XCTAssertNotNil(flaw(image.bytes, by: A64Rules.self), "\(field)")
    }
  }

  func testBuiltImageIsAccepted() throws {
    let bytes = try BuiltImage.bytes()
    XCTAssertNil(flaw(bytes), "as it is")
    XCTAssertNil(flaw(bytes + [UInt8](repeating: 0, count: 4096 - bytes.count)), "padded")
  }

  private func checkMutations<Machine: TestMachine>(of machine: Machine.Type) {
    for (rule, name, mutate) in Mutations<Machine>.all {
      var image = TestImage<Machine>()
      mutate(&image)
      let found = flaw(
        image.bytes, by: Machine.Rules.self, expecting: TestImage<Machine>.buildID)
      XCTAssertEqual(found, rule, "\(machine): \(name)")
    }
    let tested = Machine.impossible.union(Mutations<Machine>.all.map(\.rule))
    XCTAssertEqual(Set(VdsoImage.Violation.allCases).subtracting(tested), [], "have no mutation")
  }

  func testEveryBrokenRuleIsTheReason() {
    checkMutations(of: A32TestMachine.self)
    checkMutations(of: A64TestMachine.self)
  }

  func testEveryReasonHasATextOfItsOwn() {
    let texts = Set(VdsoImage.Violation.allCases.map { "\($0.text)" })
    XCTAssertEqual(texts.count, VdsoImage.Violation.allCases.count)
  }

  func testTruncatedImageNeitherTrapsNorPasses() throws {
    let bytes = try BuiltImage.bytes()
    for count in 0..<bytes.count { XCTAssertNotNil(flaw(Array(bytes.prefix(count))), "\(count)") }
  }

  func testNoSingleChangedByteOfTheHeadersTraps() throws {
    let bytes = try BuiltImage.bytes()
    for offset in 0..<min(bytes.count, 800) {
      for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
        var changed = bytes
        changed[offset] = value
        _ = flaw(changed)
      }
    }
  }
}
