// SPDX-License-Identifier: Apache-2.0
import VdsoPage

/// What the check of an image needs to know of one machine: the ELF class and identification of its
/// files, its manifest, and the rules of its instruction set for code and unwind tables.
public protocol CodeRules {
  /// The ELF class of the machine's files.
  associatedtype Class: ElfClass
  /// What an image for this machine exports.
  associatedtype Manifest: VdsoManifest

  /// `e_machine` of its files.
  static var machine: UInt16 { get }
  /// `e_flags` of an image, all of them.
  static var flags: UInt32 { get }
  /// The alignment of instructions.
  static var codeAlignment: UInt32 { get }
  /// `p_type` of the segment that holds the unwind table.
  static var unwindSegment: UInt32 { get }
  /// Bytes of which the unwind table's size is a multiple.
  static var unwindEntrySize: UInt32 { get }

  /// Checks an image by `VdsoImage(checking:by:expecting:)` with these rules. It is a requirement
  /// so that the generic check is compiled in the module of the rules, once, and not in its
  /// clients.
  ///
  /// - Throws: the first violated rule.
  static func check(_ bytes: RawSpan, expecting expected: BuildID?)
    throws(VdsoImage.Violation) -> VdsoImage

  /// Checks all instructions in `text`, a range inside `file` that is aligned to instructions. They
  /// make no system call but those of the sigreturn trampolines and of the manifest. They read no
  /// system register but the counter and use no floating point. They do not leave `text`, and
  /// address only what `isTable` permits.
  ///
  /// - Returns: the offsets of the sigreturn trampolines.
  /// - Throws: the first violated rule.
  static func checkCode(_ file: borrowing ImageBytes, _ text: ImageRange)
    throws(VdsoImage.Violation) -> SignalTrampolines

  /// Checks the unwind table in `table`, a range inside `file`: it covers all of `text` in order
  /// with programs that can be run, and describes the signal frames of `trampolines`.
  ///
  /// - Throws: `unwindAddress`, `unwindProgram` or `unwindTrampoline`.
  static func checkUnwinding(
    _ file: borrowing ImageBytes, _ table: ImageRange, _ text: ImageRange,
    _ trampolines: SignalTrampolines
  ) throws(VdsoImage.Violation)
}

extension CodeRules {
  /// Whether code may address this offset, relative to the image's start: a table of the time page,
  /// or the CPU number in the process's own page.
  public static func isTable(_ distance: Int32) -> Bool {
    let resolutions = Int32(VDSO_OFFSET_RESOLUTION) - Int32(VDSO_PAGE_BYTES)
    let banks = Int32(VDSO_OFFSET_BANKS) - Int32(VDSO_PAGE_BYTES)
    let processor =
      Int32(VDSO_PROCESS_PAGE_PROCESSOR) - Int32(VDSO_PROCESS_PAGE_BEFORE) - Int32(VDSO_PAGE_BYTES)
    return distance == resolutions || distance == banks || distance == processor
  }
}
