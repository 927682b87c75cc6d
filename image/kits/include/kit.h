// SPDX-License-Identifier: Apache-2.0
/* The note of a kit's image, by which the kernel and programs know what it is and what it needs.
 *
 * A kit is NAME.kit, an ELF32 shared object for ARM. It is mapped as one group, low to high: the
 * text (the file from its first byte), the private data (a copy for each process; may be absent),
 * the pages that the kernel writes, the process's own pages, the pages that programs write, the
 * pages of each member. Each part begins at a page; the image addresses all of them relative to its own code.
 *
 * The kernel, every kit and every program that calls one include this header.
 */
#ifndef KIT_H
#define KIT_H

#include <stddef.h>
#include <stdint.h>

enum {
  KIT_NOTE_TYPE = 0x4b495401,        /* "KIT" and 1; the note's owner is "Apus" */
  KIT_LAYOUT_NOTE_TYPE = 0x4b495402, /* the text that the layout's hash is made of */
  KIT_NOTE_FORMAT = 1,
  KIT_PAGE_BYTES = 4096,
  KIT_MAY_CALL_SYSTEM = 1, /* in `flags`: its code may have an svc */
  KIT_NAME_BYTES = 16,
  KIT_MOST_KERNEL_PAGES = 16,
  KIT_MOST_OWN_PAGES = 16,
  KIT_MOST_SHARED_PAGES = 64,
  KIT_MEMBERS = 16,          /* the most members of a kit at one time */
  KIT_MOST_MEMBER_PAGES = 8, /* of one member */
  KIT_MOST_TEXT_BYTES = 0x10000,
  KIT_MOST_PRIVATE_BYTES = 0x10000,
};

/* The content of the note KIT_NOTE_TYPE; all numbers are little-endian. */
struct kit_note {
  uint32_t format;         /* KIT_NOTE_FORMAT */
  uint32_t version;        /* of the kit's interface */
  uint8_t layout_hash[8];  /* FNV-1a, 64 bits, of the layout's text; little-endian */
  uint32_t mode;           /* of /dev/kits/NAME: 0444, 0666 */
  uint32_t kernel_pages;   /* pages that the kernel writes and all programs read */
  uint32_t own_pages;      /* pages that the kernel writes for one process */
  uint32_t shared_pages;   /* pages that all programs with the right write */
  uint32_t private_bytes;  /* of the writable segment in memory; 0: there is none */
  uint32_t export_count;   /* symbols of the version node NAME_VERSION, in capitals */
  uint32_t flags;          /* KIT_MAY_CALL_SYSTEM or 0 */
  char name[KIT_NAME_BYTES]; /* [a-z][a-z0-9_]*, terminated and filled by zeros */
  uint32_t code_offset;    /* of the first instruction, from the image's first byte */
  uint32_t code_bytes;     /* code, with its literals; all exports are in it */
  uint32_t member_pages;   /* pages that one member writes; there are KIT_MEMBERS times as many */
};

_Static_assert(offsetof(struct kit_note, layout_hash) == 8, "the note's hash has moved");
_Static_assert(offsetof(struct kit_note, name) == 44, "the note's name has moved");
_Static_assert(sizeof(struct kit_note) == 72, "the note has changed its size");

#endif
