// SPDX-License-Identifier: Apache-2.0
/* What a program does with an image that is not what it should be. The image is in memory of exactly
 * its size, so an address sanitizer sees any access beyond. For the host.
 *
 * usage: bind_mutants KIT COUNT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vstat_kit.h"

static uint32_t state = 1;
static uint32_t dice(uint32_t sides) {
  state = state * 1664525 + 1013904223;
  return (state >> 8) % sides;
}

/* Binds to the image of `size` bytes, behind which is the kernel's page. */
static enum kit_error bind(const char *bytes, size_t size, const void **found) {
  struct kit_request request = vstat_kit_request();
  struct kit_image image = {bytes, size, size + 4096, 0, 0};
  char bytes_of_text[100];
  struct kit_text text = {bytes_of_text, sizeof bytes_of_text, 0};
  enum kit_error error = kit_resolve(&request, &image, found);
  if (image.layout) kit_difference(request.layout, image.layout, &text);
  return error;
}

int main(int count, char **arguments) {
  static char original[0x10000];
  assert(count == 3);
  FILE *file = fopen(arguments[1], "rb");
  size_t size = file ? fread(original, 1, sizeof original, file) : 0;
  assert(size > 1000);
  char *bytes = malloc(size + 4096);
  const void *found[64];
  uint64_t hash = VSTAT_KIT_LAYOUT;
  int counts[16] = {0};

  for (int round = 0; round <= atoi(arguments[2]); round++) {
    memcpy(bytes, original, size);
    memset(bytes + size, 0, 4096);
    memcpy(bytes + size, &hash, sizeof hash);
    if (round) /* The first is unchanged. Most changes are to what is read: the tables. */
      for (uint32_t changes = 1 + dice(3); changes; changes--)
        bytes[dice(dice(4) ? 0x7c0 : (uint32_t)size)] = (char)(dice(4) ? dice(256) : 255);
    enum kit_error error = bind(bytes, size, found);
    assert(round || error == KIT_NO_ERROR);
    assert(error != KIT_NOT_BOUND && error <= KIT_NO_FUNCTION);
    counts[error]++;
    if (error == KIT_NO_ERROR)
      for (size_t i = 0; i < vstat_kit_request().count; i++)
        assert((const char *)found[i] >= bytes && (const char *)found[i] + 4 <= bytes + size);
  }
  memset(bytes + size, 1, 1);
  memcpy(bytes, original, size);
  assert(bind(bytes, size, found) == KIT_OTHER_PAGE);
  for (size_t cut = 0; cut < size; cut++) {
    char *part = malloc(cut + 4096);
    memcpy(part, original, cut);
    memcpy(part + cut, &hash, sizeof hash);
    enum kit_error error = bind(part, cut, found);
    assert(cut > 0x960 || error != KIT_NO_ERROR);
    free(part);
  }
  free(bytes);
  printf("%d bound, %d no image, %d without a function\n", counts[KIT_NO_ERROR],
      counts[KIT_NO_IMAGE], counts[KIT_NO_FUNCTION]);
  return 0;
}
