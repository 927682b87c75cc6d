// SPDX-License-Identifier: Apache-2.0
/// The rules for images of ARM's 32-bit machines: A32 code, unwound by `.ARM.exidx`.
///
/// Sources: ELF for the Arm Architecture (IHI 0044), ARM DDI 0406C, and the Exception Handling ABI
/// (IHI 0038).
public enum A32Rules: KitRules {
  /// ELF of 32 bits.
  public typealias Class = ElfClass32
  /// The exports for ARM's libcs.
  public typealias Manifest = A32Manifest

  /// EM_ARM.
  public static var machine: UInt16 { 40 }
  /// EF_ARM_EABI_VER5, and nothing on how floats are passed.
  public static var flags: UInt32 { 0x0500_0000 }
  /// An instruction is a word.
  public static var codeAlignment: UInt32 { 4 }
  /// PT_ARM_EXIDX.
  public static var unwindSegment: UInt32 { 0x7000_0001 }
  /// Bytes of an entry of `.ARM.exidx`.
  public static var unwindEntrySize: UInt32 { 8 }

  /// Checks an image: see `VdsoImage`.
  @inline(never)
  public static func check(
    _ bytes: RawSpan, expecting expected: BuildID?
  ) throws(VdsoImage.Violation) -> VdsoImage {
    try VdsoImage(checking: bytes, by: Self.self, expecting: expected)
  }

  /// Checks all instructions: see `A32Code`.
  public static func checkCode(
    _ file: borrowing ImageBytes, _ text: ImageRange
  ) throws(VdsoImage.Violation) -> SignalTrampolines {
    try A32Code.check(file, text)
  }

  /// Checks a kit: see `KitImage`.
  @inline(never)
  public static func checkKit(_ bytes: RawSpan) throws(KitImage.Violation) -> KitImage {
    try KitImage(checking: bytes, by: Self.self)
  }

  /// Checks the code of a kit: see `A32KitCode`.
  public static func checkKitCode(
    _ file: borrowing ImageBytes, _ code: ImageRange, maySystemCall: Bool
  ) throws(KitImage.Violation) {
    try A32KitCode.check(file, code, maySystemCall: maySystemCall)
  }

  /// R_ARM_RELATIVE.
  public static var relativeRelocation: UInt32 { 23 }

  /// Checks the unwind table: see `ExceptionIndex`.
  public static func checkUnwinding(
    _ file: borrowing ImageBytes, _ table: ImageRange, _ text: ImageRange,
    _ trampolines: SignalTrampolines
  ) throws(VdsoImage.Violation) {
    try ExceptionIndex(table).check(file, text, trampolines)
  }
}
