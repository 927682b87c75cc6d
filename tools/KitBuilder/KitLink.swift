// SPDX-License-Identifier: Apache-2.0
// What the linker needs: the version script, the layout of the image, and the notes.

extension KitLayout {
  private static let made = "Made from the kit's manifest."

  /// The version script: all exports, under one node.
  public var versionScript: String {
    let names = manifest.exports.map { "    \($0.name);\n" }.joined()
    return
      "/* \(Self.made) */\n\(manifest.versionNode) {\n  global:\n\(names)  local:\n    *;\n};\n"
  }

  /// The linker script. The pages are behind the last segment, in the order of the roles.
  public var linkerScript: String {
    let kernel = self.pages(.kernelWritten) * 4096
    let own = kernel + self.pages(.ownPage) * 4096
    let shared = own + self.pages(.sharedWritable) * 4096
    let pages = """
          HIDDEN(__kit_kernel_pages = ALIGN(4096));
          HIDDEN(__kit_own_pages = ALIGN(4096) + \(kernel));
          HIDDEN(__kit_shared_pages = ALIGN(4096) + \(own));
          HIDDEN(__kit_member_pages = ALIGN(4096) + \(shared));

      """
    let hasData = manifest.hasPrivateData
    let data = "*(.data .data.* .got .got.* .bss .bss.* COMMON)"
    let segment =
      hasData ? "  .private ALIGN(4096) : {\n    \(data)\n\(pages)  } :private\n" : ""
    return """
      /* \(Self.made) */
      ENTRY(0)
      PHDRS
      {
        text    PT_LOAD FILEHDR PHDRS FLAGS(5);
      \(hasData ? "  private PT_LOAD FLAGS(6);\n" : "")  dynamic PT_DYNAMIC FLAGS(4);
        note    PT_NOTE FLAGS(4);
      }
      SECTIONS
      {
        . = SIZEOF_HEADERS;
        .hash          : { *(.hash) } :text
        .gnu.hash      : { *(.gnu.hash) } :text
        .dynsym        : { *(.dynsym) } :text
        .dynstr        : { *(.dynstr) } :text
        .gnu.version   : { *(.gnu.version) } :text
        .gnu.version_d : { *(.gnu.version_d) } :text
        .rel.dyn       : { *(.rel.dyn) } :text
        .note          : {
          *(.note.gnu.build-id)
          KEEP(*(.note.kit.head)) LONG(\(hasData ? "SIZEOF(.private)" : "0"))
          KEEP(*(.note.kit.tail)) LONG(ADDR(.text)) LONG(SIZEOF(.text))
          LONG(\(self.pages(.member)))
          KEEP(*(.note.kit.layout))
        } :text :note
        .dynamic       : { *(.dynamic) } :text :dynamic
        .rodata        : { *(.rodata .rodata.*) } :text
        .text          : { *(.text .text.*)
      \(hasData ? "" : pages)  } :text
      \(segment)  .symtab 0 : { *(.symtab) } :NONE
        .strtab 0 : { *(.strtab) } :NONE
        .shstrtab 0 : { *(.shstrtab) } :NONE
        /DISCARD/ :
        {
          *(.ARM.exidx* .ARM.extab* .swift* .note.GNU-stack .comment .ARM.attributes .debug* .llvm*)
      \(hasData ? "" : "    \(data)\n")  }
      }

      """
  }

  /// The notes, in assembly. The linker fills in what it knows: struct kit_note of kit.h.
  public var notes: String {
    let hash = (0..<8).map { "0x" + String(self.hash >> UInt64($0 * 8) & 255, radix: 16) }
    let text = lines.map { "\($0)\\n" }.joined()
    return """
      /* \(Self.made) */
              .macro  note section, bytes, type
              .section \\section, "a", %note
              .balign 4
              .long   5, \\bytes, \\type
              .asciz  "Apus"
              .balign 4
              .endm

              note    .note.kit.head, 72, 0x4b495401
              .long   1, \(manifest.version)
              .byte   \(hash.joined(separator: ", "))
              .long   \(manifest.mode)
              .long   \(pages(.kernelWritten)), \(pages(.ownPage)), \(pages(.sharedWritable))

              .section .note.kit.tail, "a", %note
              .balign 4
              .long   \(manifest.exports.count), \(manifest.mayCallSystem ? 1 : 0)
      1:      .asciz  "\(manifest.name)"
              .skip   16 - (. - 1b)

              note    .note.kit.layout, 2f - 1f, 0x4b495402
      1:      .asciz  "\(text)"
              .balign 4
      2:

      """
  }
}
