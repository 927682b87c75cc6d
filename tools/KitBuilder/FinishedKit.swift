// SPDX-License-Identifier: Apache-2.0
import VdsoInspection

/// The last step of a kit's build: a change that no linker option makes.
public enum FinishedKit {
  /// The bytes of `file` as EABI 5 without a float ABI, because programs with either call the kit.
  public static func bytes(of file: ElfFile) throws -> [UInt8] {
    var bytes = file.bytes
    guard try file.word(36) & 0xff00_0000 == 0x0500_0000 else {
      throw KitError("not EABI 5")
    }
    bytes.replaceSubrange(36..<40, with: [0, 0, 0, 5])
    return bytes
  }
}
