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
  public var text: StaticString {
    switch self {
    case .size: "image size is out of range"
    case .tail: "padding after the image is not zero"
    case .magic: "image is no ELF file"
    case .elfClass: "image is of another ELF class"
    case .byteOrder: "image is not little endian"
    case .elfVersion: "unknown ELF version"
    case .type: "image is no shared object"
    case .machine: "image is for another machine"
    case .flags: "image is for another ABI"
    case .headerSize: "ELF header has the wrong size"
    case .programHeaderTable: "program headers are missing, misplaced or of the wrong size"
    case .sectionHeaderTable: "section headers are misplaced or of the wrong size"
    case .segmentBounds: "a segment reaches beyond the image"
    case .loadCount: "image has not exactly one loadable segment"
    case .loadAddress: "loadable segment is not at the start"
    case .loadSize: "loadable segment does not hold the headers, or is not all in the file"
    case .loadAlignment: "loadable segment is not aligned to pages"
    case .loadPermissions: "loadable segment is not read and execute"
    case .dynamicCount: "image has not exactly one dynamic segment"
    case .dynamicWritable: "dynamic segment is writable"
    case .unwindTable: "image has not exactly one unwind table"
    case .forbiddenSegment: "image has thread-local storage, an interpreter or relocation tables"
    case .executableStack: "image asks for an executable stack"
    case .sectionForbidden: "a section is writable or holds relocations"
    case .sectionOfSymbols: "section header of the symbols differs from the dynamic table"
    case .textSection: "image has not exactly one code section"
    case .dynamicEnd: "dynamic table has no end"
    case .dynamicEntry: "dynamic table lacks an entry, or has one twice"
    case .dynamicForbidden: "image needs relocation, another library or code to be run"
    case .strings: "string table is misplaced, or not terminated"
    case .nameBounds: "a name is outside of the string table"
    case .symbolSize: "symbols have the wrong size"
    case .hashBounds: "hash table leads out of the image"
    case .hashCycle: "a chain of the hash table is cyclic"
    case .gnuHashBounds: "GNU hash table leads out of the image"
    case .gnuHashCycle: "a chain of the GNU hash table is endless"
    case .symbolBounds: "symbol or version table is misplaced"
    case .symbolZero: "symbol 0 is not empty"
    case .symbolUndefined: "a symbol is not defined"
    case .symbolType: "a symbol is no global function"
    case .symbolAddress: "a symbol is not inside the code"
    case .notInHash: "an export is not found by its hash"
    case .notInGnuHash: "an export is not found by its GNU hash"
    case .exportUnknown: "image exports what is not in the manifest"
    case .exportTwice: "image exports a name twice"
    case .exportMissing: "an export of the manifest is missing"
    case .exportHalf: "an export lacks its 32-bit or 64-bit variant"
    case .versionBounds: "version table leads out of the image"
    case .versionCount: "image has more or fewer versions than the manifest, or than it says"
    case .versionNode: "a version is not the manifest's"
    case .versionHash: "a version's hash is wrong"
    case .exportVersion: "an export has another version than in the manifest"
    case .noPageNote: "image does not name its time page layout"
    case .stalePage: "image is for another layout of the time page"
    case .noBuildID: "image has no build id"
    case .otherBuild: "image is of another build"
    case .codeFloat: "code uses floating point"
    case .codeRegister: "code accesses a system register other than the counter"
    case .codeSystem: "code has a forbidden instruction"
    case .codeCall: "code makes an undeclared system call"
    case .codeBranch: "a branch leaves the code"
    case .codePage: "code's pc-relative accesses are not those of the time page"
    case .signalTrampoline: "image has not exactly one sigreturn trampoline of each kind"
    case .unwindAddress: "unwind table does not cover the code in order"
    case .unwindProgram: "unwind table has an invalid program"
    case .unwindTrampoline: "unwind table does not describe signal frames"
    case .kitNote: "image has no kit note of this format"
    case .kitName: "kit's name is malformed, or is not the image's"
    case .kitMode: "kit's mode is not one of reading and writing"
    case .kitPages: "kit has more pages than the limit"
    case .kitSize: "kit's text or private data is larger than 64 KiB"
    case .kitSegment: "kit has a segment besides its text and its private data"
    case .kitPrivateData: "kit's private data is not as its note says"
    case .kitCode: "kit's code is not inside its text"
    case .kitRelocation: "a relocation is not relative, or not in the private data"
    case .kitExports: "kit has more or fewer exports than its note says"
    }
  }
}
