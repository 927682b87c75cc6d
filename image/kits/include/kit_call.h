// SPDX-License-Identifier: Apache-2.0
/* Binds a program to a kit: opens /dev/kits/NAME, maps it, checks what it is, and finds the
 * functions by name and version in the image's own tables. NAME_kit.h, which the kit's build makes,
 * has the interface. It needs open, fstat, mmap and strings only, of any libc.
 */
#ifndef KIT_CALL_H
#define KIT_CALL_H

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit.h"
#include "kit_error.h"

/* What a program was built for. */
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
  const char *found = (const char *)kit_inside(image, at, strlen(text) + 1);
  return found && !memcmp(found, text, strlen(text) + 1);
}

/* Finds the notes of a kit in a segment of notes. */
static inline void kit_find_notes(struct kit_image *image, size_t at, size_t end) {
  while (at < end) {
    const Elf32_Nhdr *head = (const Elf32_Nhdr *)kit_words(image, at, sizeof *head);
    if (!head || head->n_namesz > 16 || head->n_descsz > image->size) return;
    size_t content = at + sizeof *head + ((head->n_namesz + 3u) & ~3u);
    const char *owner = (const char *)kit_inside(image, at + sizeof *head, head->n_namesz);
    const void *bytes = kit_words(image, content, head->n_descsz);
    if (!owner || !bytes) return;
    if (head->n_namesz == 5 && !memcmp(owner, "Apus", 5)) {
      if (head->n_type == KIT_NOTE_TYPE && head->n_descsz == sizeof *image->note)
        image->note = (const struct kit_note *)bytes;
      if (head->n_type == KIT_LAYOUT_NOTE_TYPE && head->n_descsz > 0 &&
          ((const char *)bytes)[head->n_descsz - 1] == 0)
        image->layout = (const char *)bytes;
    }
    at = content + ((head->n_descsz + 3u) & ~3u);
  }
}

/* Opens and maps the kit; a second mapping by the process is the first one. */
static inline enum kit_error kit_map(
    const struct kit_request *request, int for_writing, struct kit_image *image) {
  char path[64] = "/dev/kits/";
  strcat(path, request->name);
  int file = open(path, (for_writing ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (file < 0) return errno == EACCES || errno == EPERM ? KIT_NO_RIGHT : KIT_ABSENT;
  struct stat status;
  void *base = MAP_FAILED;
  size_t pages = request->pages * KIT_PAGE_BYTES;
  if (fstat(file, &status) == 0 && status.st_size > (off_t)sizeof(Elf32_Ehdr)) {
    int rights = for_writing ? PROT_READ | PROT_WRITE : PROT_READ;
    base = mmap(0, (size_t)status.st_size, rights, MAP_SHARED, file, 0);
  }
  int mapping_error = base == MAP_FAILED ? errno : 0;
  close(file);
  if (base == MAP_FAILED) return mapping_error == EAGAIN ? KIT_NO_SLOT : KIT_NOT_MAPPED;
  image->base = (const char *)base;
  image->whole = (size_t)status.st_size;
  image->size = image->whole > pages ? image->whole - pages : image->whole;
  return KIT_NO_ERROR;
}

/* Checks the header and finds the notes and the dynamic table. */
static inline const Elf32_Dyn *kit_open_image(struct kit_image *image, size_t *entries) {
  const Elf32_Ehdr *header = (const Elf32_Ehdr *)kit_words(image, 0, sizeof *header);
  const Elf32_Dyn *dynamic = 0;
  if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
      header->e_ident[EI_CLASS] != ELFCLASS32 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
      header->e_type != ET_DYN || header->e_machine != EM_ARM ||
      header->e_phentsize != sizeof(Elf32_Phdr))
    return 0;
  for (size_t i = 0; i < header->e_phnum; i++) {
    const Elf32_Phdr *segment = (const Elf32_Phdr *)kit_words(
        image, header->e_phoff + i * sizeof *segment, sizeof *segment);
    if (!segment) return 0;
    const void *bytes = kit_words(image, segment->p_vaddr, segment->p_filesz);
    if (segment->p_type == PT_NOTE && bytes)
      kit_find_notes(image, segment->p_vaddr, segment->p_vaddr + segment->p_filesz);
    if (segment->p_type == PT_DYNAMIC) {
      dynamic = (const Elf32_Dyn *)bytes;
      *entries = segment->p_filesz / sizeof *dynamic;
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
    const Elf32_Verdef *definition = (const Elf32_Verdef *)kit_words(image, at, sizeof *definition);
    if (!definition) return 0;
    const Elf32_Verdaux *name =
        (const Elf32_Verdaux *)kit_words(image, at + definition->vd_aux, sizeof *name);
    if (!name) return 0;
    if (!(definition->vd_flags & VER_FLG_BASE) &&
        kit_is_string(image, tables->strings + name->vda_name, node))
      return definition->vd_ndx;
    if (!definition->vd_next) return 0;
    at += definition->vd_next;
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
    const Elf32_Sym *symbol =
        (const Elf32_Sym *)kit_words(image, tables->symbols + i * sizeof *symbol, sizeof *symbol);
    const Elf32_Half *version =
        (const Elf32_Half *)kit_inside(image, tables->versions + i * 2, 2);
    if (!symbol || !version || tables->versions % 2) return 0;
    if (symbol->st_shndx != SHN_UNDEF && (*version & 0x7fff) == index &&
        kit_is_string(image, tables->strings + symbol->st_name, name))
      return kit_inside(image, symbol->st_value, 4);
  }
  return 0;
}

/* Compares the note and the kernel's page with what the program was built for. */
static inline enum kit_error kit_compare(
    const struct kit_request *request, const struct kit_image *image) {
  const struct kit_note *note = image->note;
  uint8_t hash[8];
  for (int i = 0; i < 8; i++) hash[i] = (uint8_t)(request->layout_hash >> 8 * i);
  if (!note || note->format != KIT_NOTE_FORMAT) return KIT_NO_IMAGE;
  if (strncmp(note->name, request->name, sizeof note->name)) return KIT_OTHER_NAME;
  if (note->version != request->version) return KIT_OTHER_VERSION;
  if (memcmp(note->layout_hash, hash, sizeof hash)) return KIT_OTHER_LAYOUT;
  if (request->has_kernel_page && (image->whole - image->size < sizeof hash ||
                                   memcmp(image->base + image->size, hash, sizeof hash)))
    return KIT_OTHER_PAGE;
  return KIT_NO_ERROR;
}

/* Maps and checks the image, and finds the functions for `table`, which has one pointer each. */
static inline enum kit_error kit_resolve(
    const struct kit_request *request, struct kit_image *image, const void **found) {
  size_t entries = 0;
  struct kit_symbols tables = {0, 0, 0, 0, 0, 0};
  const Elf32_Dyn *dynamic = kit_open_image(image, &entries);
  if (!dynamic) return KIT_NO_IMAGE;
  enum kit_error error = kit_compare(request, image);
  if (error != KIT_NO_ERROR) return error;
  for (size_t i = 0; i < entries && dynamic[i].d_tag != DT_NULL; i++) {
    size_t value = dynamic[i].d_un.d_val;
    switch (dynamic[i].d_tag) {
    case DT_SYMTAB: tables.symbols = value; break;
    case DT_STRTAB: tables.strings = value; break;
    case DT_HASH: tables.hash = value; break;
    case DT_VERSYM: tables.versions = value; break;
    case DT_VERDEF: tables.definitions = value; break;
    case DT_VERDEFNUM: tables.definition_count = value; break;
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

/* Binds all functions of `table`, or none. */
static inline enum kit_error kit_bind(
    const struct kit_request *request, void *table, size_t size, int for_writing) {
  struct kit_image image = {0, 0, 0, 0, 0};
  const void *found[256];
  if (request->count > 256 || size != request->count * sizeof found[0]) return KIT_NO_FUNCTION;
  enum kit_error error = kit_map(request, for_writing, &image);
  if (error == KIT_NO_ERROR) error = kit_resolve(request, &image, found);
  if (error == KIT_NO_ERROR) memcpy(table, found, size);
  return error;
}

/* Writes the first line of `expected` that `found` does not have at its place; nothing if all are
 * equal. */
static inline void kit_difference(
    const char *expected, const char *found, char *text, size_t size) {
  while (*expected) {
    size_t length = strcspn(expected, "\n");
    size_t other = strcspn(found, "\n");
    if (length != other || memcmp(expected, found, length)) {
      snprintf(text, size, "built for '%.*s', the kernel has '%.*s'", (int)length, expected,
          (int)other, found);
      return;
    }
    expected += length + (expected[length] != 0);
    found += other + (found[other] != 0);
  }
  text[0] = 0;
  if (*found) snprintf(text, size, "the kernel has '%.*s', too", (int)strcspn(found, "\n"), found);
}

/* Says in one line what `error` means for this kit: of a layout, which line differs. */
static inline void kit_explain(
    const struct kit_request *request, enum kit_error error, char *text, size_t size) {
  struct kit_image image = {0, 0, 0, 0, 0};
  size_t entries;
  int length = snprintf(text, size, "%s: %s", request->name, kit_error_name(error));
  if (length < 0 || (size_t)length + 2 >= size) return;
  if (error != KIT_OTHER_LAYOUT && error != KIT_OTHER_VERSION) return;
  /* The mapping that was not bound is still there, with the right that it was asked with. */
  if (kit_map(request, 0, &image) != KIT_NO_ERROR && kit_map(request, 1, &image) != KIT_NO_ERROR)
    return;
  if (!kit_open_image(&image, &entries) || !image.layout) return;
  kit_difference(request->layout, image.layout, text + length + 2, size - (size_t)length - 2);
  if (text[length + 2]) memcpy(text + length, ": ", 2);
}

#endif
