// SPDX-License-Identifier: Apache-2.0
/* Binds a program, or code of the kernel, to a kit: maps it, checks what it is, and finds the functions
 * by name and version in the image's own tables. NAME_kit.h, which the kit's build makes, has the
 * interface.
 */
#ifndef KIT_CALL_H
#define KIT_CALL_H

#include "kit_resolve.h"
#if __STDC_HOSTED__
#include "kit_map.h"
#else
#include "kit_map_kernel.h"
#endif

/* Maps the image, and finds out where its pages begin. */
static inline enum kit_error kit_map_image(
    const struct kit_request *request, int for_writing, struct kit_image *image) {
  enum kit_error error = kit_map(request, for_writing, image);
  size_t pages = request->pages * KIT_PAGE_BYTES;
  image->size = image->whole > pages ? image->whole - pages : image->whole;
  return error;
}

/* Binds all functions of `table`, or none. */
static inline enum kit_error kit_bind(
    const struct kit_request *request, void *table, size_t size, int for_writing) {
  struct kit_image image = {0, 0, 0, 0, 0};
  const void *found[256];
  if (request->count > 256 || size != request->count * sizeof found[0]) return KIT_NO_FUNCTION;
  enum kit_error error = kit_map_image(request, for_writing, &image);
  if (error == KIT_NO_ERROR) error = kit_resolve(request, &image, found);
  for (size_t i = 0; i < request->count && error == KIT_NO_ERROR; i++)
    ((const void **)table)[i] = found[i];
  return error;
}

/* Says in one line what `error` means for this kit: of a layout, which line differs. */
static inline void kit_explain(
    const struct kit_request *request, enum kit_error error, char *bytes, size_t size) {
  struct kit_image image = {0, 0, 0, 0, 0};
  struct kit_text text = {bytes, size, 0};
  size_t entries;
  kit_say(&text, request->name);
  kit_say(&text, ": ");
  kit_say(&text, kit_error_name(error));
  if (error != KIT_OTHER_LAYOUT && error != KIT_OTHER_VERSION) return;
  /* The mapping that was not bound is still there, with the right that it was asked with. */
  if (kit_map_image(request, 0, &image) != KIT_NO_ERROR &&
      kit_map_image(request, 1, &image) != KIT_NO_ERROR)
    return;
  if (!kit_open_image(&image, &entries) || !image.layout) return;
  kit_difference(request->layout, image.layout, &text);
}

#endif
