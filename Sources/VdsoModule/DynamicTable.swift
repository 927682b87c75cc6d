/// The dynamic table of an image (TIS ELF 1.2, 2-10): pairs of a tag and a value. Every libc finds
/// its tables through it, and reads them without a check of its own.
struct DynamicTable {
  /// What must be there exactly once. The first six are addresses of tables in the image.
  private static var required: InlineArray<10, UInt32> {
    [
      4, 0x6fff_fef5, 5, 6, 0x6fff_fff0, 0x6fff_fffc,  // HASH GNU_HASH STRTAB SYMTAB VERSYM VERDEF
      10, 11, 14, 0x6fff_fffd,  // STRSZ SYMENT SONAME VERDEFNUM
    ]
  }
  private static var addressCount: Int { 6 }

  /// What would make the image need a loader: libraries, code to run, relocations.
  private static var forbidden: InlineArray<14, UInt32> {
    [
      1, 2, 3, 7, 12, 13, 15,  // NEEDED PLTRELSZ PLTGOT RELA INIT FINI RPATH
      17, 20, 22, 23, 25, 26, 32,  // REL PLTREL TEXTREL JMPREL INIT_ARRAY FINI_ARRAY PREINIT_ARRAY
    ]
  }

  /// Checks the table in a segment that lies inside `file`.
  init(
    checking file: borrowing ImageBytes, _ segment: (offset: UInt32, size: UInt32)
  ) throws(VdsoImage.Flaw) {
    var seen = InlineArray<10, Bool>(repeating: false)
    var place = segment.offset
    let end = segment.offset + segment.size
    while end - place >= 8 {
      let tag = file.word(place)
      if tag == 0 {
        try Self.checkComplete(seen)
        return
      }
      for index in Self.forbidden.indices where Self.forbidden[index] == tag {
        throw .dynamicForbidden
      }
      for index in Self.required.indices where Self.required[index] == tag {
        guard !seen[index] else { throw .dynamicEntry }
        seen[index] = true
        let value = file.word(place + 4)
        guard index >= Self.addressCount || file.contains(value, 4) else { throw .dynamicBounds }
      }
      place += 8
    }
    throw .dynamicEnd
  }

  private static func checkComplete(_ seen: InlineArray<10, Bool>) throws(VdsoImage.Flaw) {
    for index in seen.indices where !seen[index] { throw .dynamicEntry }
  }
}
