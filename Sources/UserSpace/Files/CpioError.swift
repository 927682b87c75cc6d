// SPDX-License-Identifier: Apache-2.0
/// Why an archive is unusable: one case for each rule that `CpioArchive` checks.
public enum CpioError: Error, Equatable, Sendable, CaseIterable {
  case notCpio
  case compressed
  case cutShort
  case badMagic
  case badNumber
  case badName
  case badSize
  case noTrailer

  /// The rule in a few words, for the log.
  public var reason: StaticString {
    switch self {
    case .notCpio: "neither a newc cpio archive nor an ELF file"
    case .compressed: "compressed: only plain archives are read"
    case .cutShort: "cut short in a header"
    case .badMagic: "a header without the newc magic"
    case .badNumber: "a header field is not hexadecimal"
    case .badName: "a name is empty, too long or not terminated"
    case .badSize: "a file reaches beyond the archive"
    case .noTrailer: "the trailer is missing"
    }
  }
}
