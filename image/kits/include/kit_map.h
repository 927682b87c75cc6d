// SPDX-License-Identifier: Apache-2.0
/* Maps a kit into the program that includes this: opens /dev/kits/NAME and maps it. It needs open, fstat,
 * mmap and close only, of any libc. */
#ifndef KIT_MAP_H
#define KIT_MAP_H

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit_resolve.h"

/* Opens and maps the kit; a second mapping by the process is the first one. */
static inline enum kit_error kit_map(
    const struct kit_request *request, int for_writing, struct kit_image *image) {
  char bytes[64];
  struct kit_text path = {bytes, sizeof bytes, 0};
  kit_say(&path, "/dev/kits/");
  kit_say(&path, request->name);
  int file = open(bytes, (for_writing ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (file < 0) return errno == EACCES || errno == EPERM ? KIT_NO_RIGHT : KIT_ABSENT;
  struct stat status;
  void *base = MAP_FAILED;
  if (fstat(file, &status) == 0 && status.st_size > (off_t)sizeof(struct kit_elf_header)) {
    int rights = for_writing ? PROT_READ | PROT_WRITE : PROT_READ;
    base = mmap(0, (size_t)status.st_size, rights, MAP_SHARED, file, 0);
  }
  int mapping_error = base == MAP_FAILED ? errno : 0;
  close(file);
  if (base == MAP_FAILED) return mapping_error == EAGAIN ? KIT_NO_SLOT : KIT_NOT_MAPPED;
  image->base = (const char *)base;
  image->whole = (size_t)status.st_size;
  return KIT_NO_ERROR;
}

#endif
