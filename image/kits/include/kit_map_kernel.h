// SPDX-License-Identifier: Apache-2.0
/* Maps a kit for the code of the kernel that includes this. Kernel code is compiled without a hosted C
 * library, by which kit_call.h knows it. */
#ifndef KIT_MAP_KERNEL_H
#define KIT_MAP_KERNEL_H

#include "kit_resolve.h"

/* Maps the kit `name`, of `length` bytes, which must be built into the kernel, and writes its page.
 * Returns an enum kit_error; without one, `base` is where the group begins, and `size` its bytes. A
 * second mapping is the first one. Not in an interrupt handler. Sources/LiteOS/KitCalls.swift implements
 * it. */
uint32_t OsKitMap(const char *name, size_t length, uintptr_t *base, size_t *size);

static inline enum kit_error kit_map(
    const struct kit_request *request, int for_writing, struct kit_image *image) {
  uintptr_t base = 0;
  if (for_writing) return KIT_OF_PROGRAMS;
  enum kit_error error = (enum kit_error)OsKitMap(
      request->name, kit_length(request->name), &base, &image->whole);
  image->base = (const char *)base;
  return error;
}

#endif
