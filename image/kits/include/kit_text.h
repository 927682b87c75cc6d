// SPDX-License-Identifier: Apache-2.0
/* Texts without a C library: the kernel, which binds kits as programs do, has none. */
#ifndef KIT_TEXT_H
#define KIT_TEXT_H

#include <stddef.h>

/* A text that is written into `size` bytes, terminated; what does not fit is left out. */
struct kit_text {
  char *bytes;
  size_t size, length;
};

static inline size_t kit_length(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

/* The characters up to the end of the line, or of the text. */
static inline size_t kit_line_length(const char *text) {
  size_t length = 0;
  while (text[length] && text[length] != '\n') length++;
  return length;
}

static inline int kit_is_equal(const void *left, const void *right, size_t size) {
  const char *a = (const char *)left, *b = (const char *)right;
  for (size_t i = 0; i < size; i++)
    if (a[i] != b[i]) return 0;
  return 1;
}

static inline void kit_put(struct kit_text *text, const char *part, size_t count) {
  for (size_t i = 0; i < count && text->length + 1 < text->size; i++)
    text->bytes[text->length++] = part[i];
  if (text->size > 0) text->bytes[text->length] = 0;
}

static inline void kit_say(struct kit_text *text, const char *part) {
  kit_put(text, part, kit_length(part));
}

#endif
