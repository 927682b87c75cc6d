// SPDX-License-Identifier: Apache-2.0
import VmRegion
import VmRegionMocks

@testable import VdsoModule

/// A page that passes for a vDSO: its contents are those that a test stores, and nothing checks
/// them.
package enum MockImage {
  /// The frame of the image, after the frames of all pools.
  package static var frame: PhysicalFrame {
    PhysicalFrame(number: MockMemory.first.number + MockMemory.capacity - 1)
  }

  /// The frame of the time page, before it.
  static var timePage: PhysicalFrame { PhysicalFrame(number: frame.number - 1) }

  /// The vDSO of an image that begins like an ELF file.
  package static func vdso() -> Vdso {
    let page = MockMemory.pointer(to: frame)
    page.initializeMemory(as: UInt8.self, repeating: 0, count: Int(Page.size))
    page.copyMemory(from: Array("\u{7f}ELF".utf8), byteCount: 4)
    return Vdso(
      image: RawSpan(_unsafeStart: page, byteCount: Int(Page.size)), by: NoRules.self,
      at: frame.address, pageAt: timePage.address)
  }
}

/// Rules that every image obeys.
private enum NoRules: CodeRules {
  typealias Class = ElfClass32
  typealias Manifest = A32Manifest
  static var machine: UInt16 { A32Rules.machine }
  static var flags: UInt32 { A32Rules.flags }
  static var codeAlignment: UInt32 { A32Rules.codeAlignment }
  static var unwindSegment: UInt32 { A32Rules.unwindSegment }
  static var unwindEntrySize: UInt32 { A32Rules.unwindEntrySize }

  static func check(
    _ bytes: RawSpan, expecting expected: BuildID?
  ) throws(VdsoImage.Violation) -> VdsoImage {
    VdsoImage(
      size: UInt32(bytes.byteCount), buildID: BuildID(bytes: InlineArray(repeating: 0xab)),
      signalTrampolines: SignalTrampolines(plain: 0x404, realTime: 0x414),
      unwindTable: ImageRange(start: 0x800, size: 24))
  }

  static func checkCode(
    _ file: borrowing ImageBytes, _ text: ImageRange
  ) throws(VdsoImage.Violation) -> SignalTrampolines {
    SignalTrampolines(plain: text.start, realTime: text.start)
  }
  static func checkUnwinding(
    _ file: borrowing ImageBytes, _ table: ImageRange, _ text: ImageRange,
    _ trampolines: SignalTrampolines
  ) throws(VdsoImage.Violation) {}
}
