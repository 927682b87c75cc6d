// SPDX-License-Identifier: Apache-2.0
/* Finds a function of the vDSO by its name, as a libc does: AT_SYSINFO_EHDR, program headers,
 * DT_HASH. It ignores versions, because the image defines each name once.
 *
 * Runs on Linux and on Apus; returns 0 if there is no vDSO or no such name.
 */
#ifndef VDSO_SYMBOL_H
#define VDSO_SYMBOL_H

#include <elf.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

static inline void *vdso_symbol(const char *name) {
  const char *base = (const char *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
  if (!base) return 0;
  const Elf32_Ehdr *header = (const void *)base;
  const Elf32_Phdr *segments = (const void *)(base + header->e_phoff);
  const Elf32_Dyn *dynamic = 0;
  for (int i = 0; i < header->e_phnum; i++)
    if (segments[i].p_type == PT_DYNAMIC) dynamic = (const void *)(base + segments[i].p_offset);

  const Elf32_Sym *symbols = 0;
  const char *strings = 0;
  const uint32_t *hash = 0;
  for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
    const void *table = base + dynamic->d_un.d_ptr;
    if (dynamic->d_tag == DT_SYMTAB) symbols = table;
    if (dynamic->d_tag == DT_STRTAB) strings = table;
    if (dynamic->d_tag == DT_HASH) hash = table;
  }
  if (!symbols || !strings || !hash) return 0;
  for (uint32_t i = 1; i < hash[1]; i++)
    if (symbols[i].st_shndx != SHN_UNDEF && !strcmp(strings + symbols[i].st_name, name))
      return (void *)(base + symbols[i].st_value);
  return 0;
}

#endif
