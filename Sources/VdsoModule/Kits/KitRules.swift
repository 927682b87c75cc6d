// SPDX-License-Identifier: Apache-2.0
/// What the check of a kit needs to know of one machine besides the rules for images.
public protocol KitRules: CodeRules {
  /// Checks a kit by `KitImage(checking:by:)` with these rules, as `check` does for an image.
  ///
  /// - Throws: the first violated rule.
  static func checkKit(_ bytes: RawSpan) throws(KitImage.Violation) -> KitImage

  /// Checks the code of a kit in `code`, a range inside `file` that is aligned to instructions, with
  /// the literals between its functions. It has no system call unless `maySystemCall`, accesses no
  /// system register but the counter and the thread pointer, uses no floating point, and does not
  /// branch out of `code`.
  ///
  /// - Throws: `codeFloat`, `codeRegister`, `codeSystem`, `codeCall` or `codeBranch`.
  static func checkKitCode(
    _ file: borrowing ImageBytes, _ code: ImageRange, maySystemCall: Bool
  ) throws(KitImage.Violation)

  /// The type of a relocation that adds the image's address to a word.
  static var relativeRelocation: UInt32 { get }
}
