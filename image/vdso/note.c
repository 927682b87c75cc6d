// SPDX-License-Identifier: Apache-2.0
/* The note with the page layout that this image was built for. The kernel compares it with its own
 * and refuses an image for another layout. */
#include "vdso_page.h"

__attribute__((section(".note.apus"), used, aligned(4))) static const struct {
  uint32_t owner_size, content_size, type;
  char owner[8];
  struct vdso_page_note page;
} vdso_note = {
    .owner_size = 5,
    .content_size = sizeof(struct vdso_page_note),
    .type = VDSO_NOTE_TYPE_PAGE,
    .owner = "Apus",
    .page = {VDSO_PAGE_VERSION, sizeof(struct vdso_page), VDSO_LAYOUT_HASH},
};
