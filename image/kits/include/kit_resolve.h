// SPDX-License-Identifier: Apache-2.0
/* Compares a mapped kit with what its caller was built for, and finds the functions by name and version in
 * the image's own tables. It believes nothing of the image, and needs no C library. */
#ifndef KIT_RESOLVE_H
#define KIT_RESOLVE_H

#include <stdint.h>

#include "kit.h"
#include "kit_elf.h"
#include "kit_error.h"
#include "kit_text.h"

/* What a caller was built for. */
struct kit_request {
  const char *name;
  const char *version_node; /* of the symbols */
  uint32_t version;
  uint64_t layout_hash;
  const char *layout;       /* the lines that the hash is of */
  const char *const *names; /* of the functions, in the order of the table */
  size_t count;
  size_t pages; /* behind the image */
  int has_kernel_page;
};

/* The mapped image. */
struct kit_image {
  const char *base;
  size_t size;   /* of the image without its pages */
  size_t whole;  /* of the group */
  const struct kit_note *note;
  const char *layout; /* the image's own lines, or 0 */
};

/* An address in the image, or 0 if [at, at + size) is not inside. */
static inline const void *kit_inside(const struct kit_image *image, size_t at, size_t size) {
  return at <= image->size && size <= image->size - at ? image->base + at : 0;
}

/* The same for words: 0 if they are not aligned, either. */
static inline const void *kit_words(const struct kit_image *image, size_t at, size_t size) {
  return at % 4 == 0 ? kit_inside(image, at, size) : 0;
}

/* Whether the string at `at`, which must end in the image, is `text`. */
static inline int kit_is_string(const struct kit_image *image, size_t at, const char *text) {
  size_t size = kit_length(text) + 1;
  const void *found = kit_inside(image, at, size);
  return found && kit_is_equal(found, text, size);
}

/* Finds the notes of a kit in a segment of notes. */
static inline void kit_find_notes(struct kit_image *image, size_t at, size_t end) {
  while (at < end) {
    const struct kit_elf_note *head =
        (const struct kit_elf_note *)kit_words(image, at, sizeof *head);
    if (!head || head->owner_size > 16 || head->size > image->size) return;
    size_t content = at + sizeof *head + ((head->owner_size + 3u) & ~3u);
    const char *owner = (const char *)kit_inside(image, at + sizeof *head, head->owner_size);
    const void *bytes = kit_words(image, content, head->size);
    if (!owner || !bytes) return;
    if (head->owner_size == 5 && kit_is_equal(owner, "Apus", 5)) {
      if (head->type == KIT_NOTE_TYPE && head->size == sizeof *image->note)
        image->note = (const struct kit_note *)bytes;
      if (head->type == KIT_LAYOUT_NOTE_TYPE && head->size > 0 &&
          ((const char *)bytes)[head->size - 1] == 0)
        image->layout = (const char *)bytes;
    }
    at = content + ((head->size + 3u) & ~3u);
  }
}

/* Checks the header and finds the notes and the dynamic table. */
static inline const struct kit_elf_dynamic *kit_open_image(
    struct kit_image *image, size_t *entries) {
  static const uint8_t identity[6] = {0x7f, 'E', 'L', 'F', 1, 1}; /* 32 bits, little-endian */
  const struct kit_elf_header *header =
      (const struct kit_elf_header *)kit_words(image, 0, sizeof *header);
  const struct kit_elf_dynamic *dynamic = 0;
  if (!header || !kit_is_equal(header->identity, identity, sizeof identity) ||
      header->type != KIT_ELF_SHARED_OBJECT || header->machine != KIT_ELF_ARM ||
      header->segment_size != sizeof(struct kit_elf_segment))
    return 0;
  for (size_t i = 0; i < header->segment_count; i++) {
    const struct kit_elf_segment *segment = (const struct kit_elf_segment *)kit_words(
        image, header->segments + i * sizeof *segment, sizeof *segment);
    if (!segment) return 0;
    const void *bytes = kit_words(image, segment->address, segment->file_size);
    if (segment->type == KIT_ELF_NOTE && bytes)
      kit_find_notes(image, segment->address, (size_t)segment->address + segment->file_size);
    if (segment->type == KIT_ELF_DYNAMIC) {
      dynamic = (const struct kit_elf_dynamic *)bytes;
      *entries = segment->file_size / sizeof *dynamic;
    }
  }
  return dynamic;
}

/* The tables of the image's symbols, by their offsets. */
struct kit_symbols {
  size_t symbols, strings, hash, versions, definitions, definition_count;
};

/* The index of a version node, or 0. */
static inline unsigned kit_node(
    const struct kit_image *image, const struct kit_symbols *tables, const char *node) {
  size_t at = tables->definitions;
  for (size_t i = 0; i < tables->definition_count && i < 16; i++) {
    const struct kit_elf_version *definition =
        (const struct kit_elf_version *)kit_words(image, at, sizeof *definition);
    if (!definition) return 0;
    const struct kit_elf_version_name *name = (const struct kit_elf_version_name *)kit_words(
        image, at + definition->names, sizeof *name);
    if (!name) return 0;
    if (!(definition->flags & KIT_ELF_BASE_VERSION) &&
        kit_is_string(image, tables->strings + name->name, node))
      return definition->index;
    if (!definition->next) return 0;
    at += definition->next;
  }
  return 0;
}

/* The address of the function `name` of version `node`, or 0. */
static inline const void *kit_function(const struct kit_image *image,
    const struct kit_symbols *tables, const char *name, const char *node) {
  unsigned index = kit_node(image, tables, node);
  const uint32_t *counts = (const uint32_t *)kit_words(image, tables->hash, 8);
  if (!index || !counts) return 0;
  for (size_t i = 1; i < counts[1]; i++) {
    const struct kit_elf_symbol *symbol = (const struct kit_elf_symbol *)kit_words(
        image, tables->symbols + i * sizeof *symbol, sizeof *symbol);
    const uint16_t *version =
        (const uint16_t *)kit_inside(image, tables->versions + i * 2, 2);
    if (!symbol || !version || tables->versions % 2) return 0;
    if (symbol->section != 0 && (*version & 0x7fff) == index &&
        kit_is_string(image, tables->strings + symbol->name, name))
      return kit_inside(image, symbol->value, 4);
  }
  return 0;
}

/* Compares the note and the kernel's page with what the caller was built for. */
static inline enum kit_error kit_compare(
    const struct kit_request *request, const struct kit_image *image) {
  const struct kit_note *note = image->note;
  size_t name_size = kit_length(request->name) + 1;
  uint8_t hash[8];
  for (int i = 0; i < 8; i++) hash[i] = (uint8_t)(request->layout_hash >> 8 * i);
  if (!note || note->format != KIT_NOTE_FORMAT) return KIT_NO_IMAGE;
  if (name_size > sizeof note->name || !kit_is_equal(note->name, request->name, name_size))
    return KIT_OTHER_NAME;
  if (note->version != request->version) return KIT_OTHER_VERSION;
  if (!kit_is_equal(note->layout_hash, hash, sizeof hash)) return KIT_OTHER_LAYOUT;
  if (request->has_kernel_page && (image->whole - image->size < sizeof hash ||
                                   !kit_is_equal(image->base + image->size, hash, sizeof hash)))
    return KIT_OTHER_PAGE;
  return KIT_NO_ERROR;
}

/* Checks the image, and finds the functions for `table`, which has one pointer each. */
static inline enum kit_error kit_resolve(
    const struct kit_request *request, struct kit_image *image, const void **found) {
  size_t entries = 0;
  struct kit_symbols tables = {0, 0, 0, 0, 0, 0};
  const struct kit_elf_dynamic *dynamic = kit_open_image(image, &entries);
  if (!dynamic) return KIT_NO_IMAGE;
  enum kit_error error = kit_compare(request, image);
  if (error != KIT_NO_ERROR) return error;
  for (size_t i = 0; i < entries && dynamic[i].tag != 0; i++) {
    size_t value = dynamic[i].value;
    switch (dynamic[i].tag) {
    case KIT_ELF_TAG_SYMBOLS: tables.symbols = value; break;
    case KIT_ELF_TAG_STRINGS: tables.strings = value; break;
    case KIT_ELF_TAG_HASH: tables.hash = value; break;
    case KIT_ELF_TAG_VERSIONS: tables.versions = value; break;
    case KIT_ELF_TAG_DEFINITIONS: tables.definitions = value; break;
    case KIT_ELF_TAG_DEFINITION_COUNT: tables.definition_count = value; break;
    default: break;
    }
  }
  if (!tables.symbols || !tables.strings || !tables.hash || !tables.versions) return KIT_NO_IMAGE;
  for (size_t i = 0; i < request->count; i++) {
    found[i] = kit_function(image, &tables, request->names[i], request->version_node);
    if (!found[i]) return KIT_NO_FUNCTION;
  }
  return KIT_NO_ERROR;
}

/* Writes, after a colon, the first line of `expected` that `found` does not have at its place; nothing if
 * all are equal. */
static inline void kit_difference(
    const char *expected, const char *found, struct kit_text *text) {
  while (*expected) {
    size_t length = kit_line_length(expected), other = kit_line_length(found);
    if (length != other || !kit_is_equal(expected, found, length)) {
      kit_say(text, ": built for '");
      kit_put(text, expected, length);
      kit_say(text, "', the kernel has '");
      kit_put(text, found, other);
      kit_say(text, "'");
      return;
    }
    expected += length + (expected[length] != 0);
    found += other + (found[other] != 0);
  }
  if (!*found) return;
  kit_say(text, ": the kernel has '");
  kit_put(text, found, kit_line_length(found));
  kit_say(text, "', too");
}

#endif
