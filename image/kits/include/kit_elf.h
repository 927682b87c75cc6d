// SPDX-License-Identifier: Apache-2.0
/* The tables of a kit's image that its callers read (TIS ELF 1.2, and LSB 5.0, 10.7, for versions). The
 * kernel has no elf.h, so they are here.
 */
#ifndef KIT_ELF_H
#define KIT_ELF_H

#include <stdint.h>

struct kit_elf_header {
  uint8_t identity[16];
  uint16_t type, machine;
  uint32_t version, entry, segments, sections, flags;
  uint16_t size, segment_size, segment_count, section_size, section_count, section_names;
};

struct kit_elf_segment {
  uint32_t type, offset, address, physical_address, file_size, memory_size, flags, alignment;
};

struct kit_elf_note {
  uint32_t owner_size, size, type;
};

struct kit_elf_dynamic {
  uint32_t tag, value;
};

struct kit_elf_symbol {
  uint32_t name, value, size;
  uint8_t info, other;
  uint16_t section;
};

struct kit_elf_version {
  uint16_t version, flags, index, count;
  uint32_t hash, names, next;
};

struct kit_elf_version_name {
  uint32_t name, next;
};

_Static_assert(sizeof(struct kit_elf_header) == 52, "an ELF header has 52 bytes");
_Static_assert(sizeof(struct kit_elf_segment) == 32, "a program header has 32 bytes");
_Static_assert(sizeof(struct kit_elf_symbol) == 16, "a symbol has 16 bytes");
_Static_assert(sizeof(struct kit_elf_version) == 20, "a version definition has 20 bytes");

enum {
  KIT_ELF_SHARED_OBJECT = 3,   /* ET_DYN */
  KIT_ELF_ARM = 40,            /* EM_ARM */
  KIT_ELF_DYNAMIC = 2,         /* PT_DYNAMIC */
  KIT_ELF_NOTE = 4,            /* PT_NOTE */
  KIT_ELF_BASE_VERSION = 1,    /* VER_FLG_BASE */
  KIT_ELF_TAG_HASH = 4,        /* DT_HASH */
  KIT_ELF_TAG_STRINGS = 5,     /* DT_STRTAB */
  KIT_ELF_TAG_SYMBOLS = 6,     /* DT_SYMTAB */
  KIT_ELF_TAG_VERSIONS = 0x6ffffff0,         /* DT_VERSYM */
  KIT_ELF_TAG_DEFINITIONS = 0x6ffffffc,      /* DT_VERDEF */
  KIT_ELF_TAG_DEFINITION_COUNT = 0x6ffffffd, /* DT_VERDEFNUM */
};

#endif
