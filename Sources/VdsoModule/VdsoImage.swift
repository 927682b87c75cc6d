// Decides whether the bytes of an image may be shown to programs at all. A bad image is a reason,
// never a trap: the machine works without one, by system call.

/// An image whose ELF header, program headers and notes have been checked.
///
/// Sources: the ELF specification (TIS 1.2, book I), ELF for the Arm Architecture (IHI 0044), and
/// what the parsers in musl, glibc, bionic and Go read without a check of their own.
public struct VdsoImage: Equatable, Sendable {
  /// Bytes of the file; what is mapped is this rounded up to pages.
  public let size: UInt32
  /// The linker's name for exactly these bytes.
  public let buildID: BuildID

  /// The most that an image may have: four pages.
  public static var largestSize: Int { 4 * 4096 }

  /// Checks the image at the start of `bytes`, which may be followed by padding.
  ///
  /// - Throws: the first rule that is broken.
  public init(checking bytes: RawSpan) throws(Flaw) {
    let file = ImageBytes(bytes)
    guard bytes.byteCount >= ElfHeader.size, bytes.byteCount <= Self.largestSize else {
      throw .size
    }
    let header = try ElfHeader(checking: file)
    let segments = try Segments(checking: file, header)
    let notes = try Notes(reading: file, segments.note)
    guard notes.hasPageNote else { throw .noPageNote }
    guard notes.isOfThisLayout else { throw .stalePage }
    guard let buildID = notes.buildID else { throw .noBuildID }
    _ = try DynamicTable(checking: file, segments.dynamic)
    self.buildID = buildID
    size = UInt32(bytes.byteCount)
  }

  /// A broken rule.
  public enum Flaw: Error, Equatable, CaseIterable, Sendable {
    case size
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
    case segmentBounds
    case loadCount
    case loadPlace
    case loadSize
    case loadAlignment
    case loadPermissions
    case dynamicCount
    case dynamicWritable
    case forbiddenSegment
    case executableStack
    case noPageNote
    case stalePage
    case noBuildID
    case dynamicEnd
    case dynamicEntry
    case dynamicBounds
    case dynamicForbidden
  }
}

extension VdsoImage.Flaw {
  /// The reason as the boot log and /proc/vdso give it.
  public var text: StaticString {
    switch self {
    case .size: "image has no plausible size"
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
    case .forbiddenSegment: "image has thread-local storage, an interpreter or relocation tables"
    case .executableStack: "image asks for an executable stack"
    case .noPageNote: "image does not say which time page it is for"
    case .stalePage: "image is for another layout of the time page"
    case .noBuildID: "image has no build id"
    case .dynamicEnd: "dynamic table has no end"
    case .dynamicEntry: "dynamic table lacks an entry, or has one twice"
    case .dynamicBounds: "dynamic table leads out of the image"
    case .dynamicForbidden: "image needs relocation, another library or code to be run"
    }
  }
}
