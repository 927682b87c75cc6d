// SPDX-License-Identifier: Apache-2.0
extension VdsoImage {
  /// A broken rule, in the order in which they are checked. Its raw value is the number in the
  /// status of `OsVdsoInit`; the groups are those of the vDSO's contract.
  public enum Flaw: UInt8, Error, Equatable, CaseIterable, Sendable {
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
    case loadPlace
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
    case hashEndless
    case gnuHashBounds
    case gnuHashEndless
    case symbolBounds
    case symbolZero
    case symbolUndefined
    case symbolType
    case symbolPlace
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
    case codeCoprocessor
    case codeSystem
    case codeCall
    case codeBranch
    case codePage
    case signalReturn
    // Groups C and H: what undoes frames.
    case unwindPlace
    case unwindProgram
    case unwindReturn
  }
}

extension VdsoImage.Flaw {
  /// The reason as the boot log and /proc/vdso give it.
  public var text: StaticString {
    switch self {
    case .size: "image has no plausible size"
    case .tail: "image is followed by something else"
    case .magic: "image is no ELF file"
    case .elfClass: "image is not 32 bits"
    case .byteOrder: "image is not little endian"
    case .elfVersion: "unknown ELF version"
    case .type: "image is no shared object"
    case .machine: "image is not for ARM"
    case .flags: "image is not EABI 5, or says how floats are passed"
    case .headerSize: "ELF header has the wrong size"
    case .programHeaderTable: "program headers are missing, misplaced or of the wrong size"
    case .sectionHeaderTable: "section headers are misplaced or of the wrong size"
    case .segmentBounds: "a segment reaches beyond the image"
    case .loadCount: "image has not exactly one loadable segment"
    case .loadPlace: "loadable segment is not at the start"
    case .loadSize: "loadable segment does not hold the headers, or is not all in the file"
    case .loadAlignment: "loadable segment is not aligned to pages"
    case .loadPermissions: "loadable segment is not read and execute"
    case .dynamicCount: "image has not exactly one dynamic segment"
    case .dynamicWritable: "dynamic segment is writable"
    case .unwindTable: "image has not exactly one table for unwinding"
    case .forbiddenSegment: "image has thread-local storage, an interpreter or relocation tables"
    case .executableStack: "image asks for an executable stack"
    case .sectionForbidden: "a section is writable or holds relocations"
    case .sectionOfSymbols: "section header of the symbols differs from the dynamic table"
    case .textSection: "image has not exactly one section of code"
    case .dynamicEnd: "dynamic table has no end"
    case .dynamicEntry: "dynamic table lacks an entry, or has one twice"
    case .dynamicForbidden: "image needs relocation, another library or code to be run"
    case .strings: "table of strings is misplaced, or not terminated"
    case .nameBounds: "a name is outside of the table of strings"
    case .symbolSize: "symbols have the wrong size"
    case .hashBounds: "hash table leads out of the image"
    case .hashEndless: "a chain of the hash table has no end"
    case .gnuHashBounds: "GNU hash table leads out of the image"
    case .gnuHashEndless: "a chain of the GNU hash table has no end"
    case .symbolBounds: "table of symbols or of their versions is misplaced"
    case .symbolZero: "the symbol before the first is not empty"
    case .symbolUndefined: "a symbol is not defined"
    case .symbolType: "a symbol is no global function"
    case .symbolPlace: "a symbol is not inside of the code"
    case .notInHash: "an export is not found by its hash"
    case .notInGnuHash: "an export is not found by its GNU hash"
    case .exportUnknown: "image exports what is not in the manifest"
    case .exportTwice: "image exports a name twice"
    case .exportMissing: "an export of the manifest is missing"
    case .exportHalf: "an export for 32 or 64 bits is without the other"
    case .versionBounds: "table of versions leads out of the image"
    case .versionCount: "image has more or fewer versions than the manifest, or than it says"
    case .versionNode: "a version is not the manifest's"
    case .versionHash: "a version's hash is wrong"
    case .exportVersion: "an export has another version than in the manifest"
    case .noPageNote: "image does not say which time page it is for"
    case .stalePage: "image is for another layout of the time page"
    case .noBuildID: "image has no build id"
    case .otherBuild: "image is not of this kernel's build"
    case .codeFloat: "code uses floating point"
    case .codeCoprocessor: "code uses a coprocessor, and not to read the counter"
    case .codeSystem: "code does what only a kernel may do"
    case .codeCall: "code makes a system call that is not declared"
    case .codeBranch: "code branches out of itself"
    case .codePage: "code does not reach the time page, or something else by its place"
    case .signalReturn: "image has not exactly one way back from each kind of signal handler"
    case .unwindPlace: "table for unwinding does not go through the code from start to end"
    case .unwindProgram: "table for unwinding says what cannot be done"
    case .unwindReturn: "table for unwinding does not know a signal's frame"
    }
  }
}
