// SPDX-License-Identifier: Apache-2.0
extension VdsoImage {
  /// A violated rule, in the order of the checks. The raw value is the number in the status of
  /// `OsVdsoInit`; the groups are those of the vDSO's contract.
  public enum Violation: UInt8, Error, Equatable, CaseIterable, Sendable {
    // A: placement.
    case size = 1
    case tail
    // B: the ELF header.
    case magic
    case elfClass
    case byteOrder
    case elfVersion
    case type
    case machine
    case flags
    case headerSize
    case programHeaderTable
    case sectionHeaderTable
    // C: segments and sections.
    case segmentBounds
    case loadCount
    case loadAddress
    case loadSize
    case loadAlignment
    case loadPermissions
    case dynamicCount
    case dynamicWritable
    case unwindTable
    case forbiddenSegment
    case executableStack
    case sectionForbidden
    case sectionOfSymbols
    case textSection
    // D: the dynamic table.
    case dynamicEnd
    case dynamicEntry
    case dynamicForbidden
    case strings
    case nameBounds
    case symbolSize
    // E: symbols and how they are found.
    case hashBounds
    case hashCycle
    case gnuHashBounds
    case gnuHashCycle
    case symbolBounds
    case symbolZero
    case symbolUndefined
    case symbolType
    case symbolAddress
    case notInHash
    case notInGnuHash
    case exportUnknown
    case exportTwice
    case exportMissing
    case exportHalf
    // F: versions.
    case versionBounds
    case versionCount
    case versionNode
    case versionHash
    case exportVersion
    // G: identity.
    case noPageNote
    case stalePage
    case noBuildID
    case otherBuild
    // H: code.
    case codeFloat
    case codeRegister
    case codeSystem
    case codeCall
    case codeBranch
    case codePage
    case signalTrampoline
    // Groups C and H: unwind tables.
    case unwindAddress
    case unwindProgram
    case unwindTrampoline
    // Kits only (`KitImage`).
    case kitNote
    case kitName
    case kitMode
    case kitPages
    case kitSize
    case kitSegment
    case kitPrivateData
    case kitCode
    case kitRelocation
    case kitExports
  }
}

extension VdsoImage.Violation {
  /// The reason as text, for the boot log and /proc/vdso.
  public var text: StaticString { Self.texts[Int(rawValue) - 1] }

  /// The texts in the order of the cases: a table, because a switch would be code for each.
  private static let texts: InlineArray<76, StaticString> = [
    // A: placement.
    "image size is out of range",
    "padding after the image is not zero",
    // B: the ELF header.
    "image is no ELF file",
    "image is of another ELF class",
    "image is not little endian",
    "unknown ELF version",
    "image is no shared object",
    "image is for another machine",
    "image is for another ABI",
    "ELF header has the wrong size",
    "program headers are missing, misplaced or of the wrong size",
    "section headers are misplaced or of the wrong size",
    // C: segments and sections.
    "a segment reaches beyond the image",
    "image has not exactly one loadable segment",
    "loadable segment is not at the start",
    "loadable segment does not hold the headers, or is not all in the file",
    "loadable segment is not aligned to pages",
    "loadable segment is not read and execute",
    "image has not exactly one dynamic segment",
    "dynamic segment is writable",
    "image has not exactly one unwind table",
    "image has thread-local storage, an interpreter or relocation tables",
    "image asks for an executable stack",
    "a section is writable or holds relocations",
    "section header of the symbols differs from the dynamic table",
    "image has not exactly one code section",
    // D: the dynamic table.
    "dynamic table has no end",
    "dynamic table lacks an entry, or has one twice",
    "image needs relocation, another library or code to be run",
    "string table is misplaced, or not terminated",
    "a name is outside of the string table",
    "symbols have the wrong size",
    // E: symbols and how they are found.
    "hash table leads out of the image",
    "a chain of the hash table is cyclic",
    "GNU hash table leads out of the image",
    "a chain of the GNU hash table is endless",
    "symbol or version table is misplaced",
    "symbol 0 is not empty",
    "a symbol is not defined",
    "a symbol is no global function",
    "a symbol is not inside the code",
    "an export is not found by its hash",
    "an export is not found by its GNU hash",
    "image exports what is not in the manifest",
    "image exports a name twice",
    "an export of the manifest is missing",
    "an export lacks its 32-bit or 64-bit variant",
    // F: versions.
    "version table leads out of the image",
    "image has more or fewer versions than the manifest, or than it says",
    "a version is not the manifest's",
    "a version's hash is wrong",
    "an export has another version than in the manifest",
    // G: identity.
    "image does not name its time page layout",
    "image is for another layout of the time page",
    "image has no build id",
    "image is of another build",
    // H: code.
    "code uses floating point",
    "code accesses a system register other than the counter",
    "code has a forbidden instruction",
    "code makes an undeclared system call",
    "a branch leaves the code",
    "code's pc-relative accesses are not those of the time page",
    "image has not exactly one sigreturn trampoline of each kind",
    // Groups C and H: unwind tables.
    "unwind table does not cover the code in order",
    "unwind table has an invalid program",
    "unwind table does not describe signal frames",
    // Kits only (`KitImage`).
    "image has no kit note of this format",
    "kit's name is malformed, or is not the image's",
    "kit's mode is not one of reading and writing",
    "kit has more pages than the limit",
    "kit's text or private data is larger than 64 KiB",
    "kit has a segment besides its text and its private data",
    "kit's private data is not as its note says",
    "kit's code is not inside its text",
    "a relocation is not relative, or not in the private data",
    "kit has more or fewer exports than its note says",
  ]
}
