// SPDX-License-Identifier: Apache-2.0
/// Why a file is not a program for this kernel: one case for each rule that `ElfProgram` checks.
public enum ElfError: Error, Equatable, Sendable, CaseIterable {
  case tooShort
  case notElf
  case wrongType
  case wrongMachine
  case wrongAbi
  case wrongHeaderSize
  case wrongHeaderCount
  case headersOutsideFile
  case wrongInterpreterPath
  case segmentFileExceedsMemory
  case segmentWraps
  case segmentMisaligned
  case segmentOutsideUserRange
  case nothingToLoad
  case entryMisaligned
  case entryNotExecutable

  /// The rule in a few words, for the log.
  public var reason: StaticString {
    switch self {
    case .tooShort: "the file is shorter than an ELF header"
    case .notElf: "not an ELF file"
    case .wrongType: "neither an executable nor a shared object"
    case .wrongMachine: "not for this machine"
    case .wrongAbi: "not for this ABI"
    case .wrongHeaderSize: "program headers are not 32 bytes each"
    case .wrongHeaderCount: "the number of program headers is not 1 to 128"
    case .headersOutsideFile: "the program headers reach beyond the file"
    case .wrongInterpreterPath: "the interpreter's path is not a string of 1 to 4,095 bytes"
    case .segmentFileExceedsMemory: "a segment is larger in the file than in memory"
    case .segmentWraps: "a segment wraps around the address space or its file"
    case .segmentMisaligned: "a segment's offset and address disagree within the page"
    case .segmentOutsideUserRange: "a segment lies outside the user addresses"
    case .nothingToLoad: "there is no segment to load"
    case .entryMisaligned: "the entry point is not aligned"
    case .entryNotExecutable: "the entry point is in no executable segment"
    }
  }
}
