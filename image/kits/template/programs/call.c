// SPDX-License-Identifier: Apache-2.0
/* Calls the kit template from C: tools/cc-arm --kit template */
#include <stdio.h>

#include "template_kit.h"

int main(void) {
  enum kit_error error = template_kit_bind_writer();
  if (error != KIT_NO_ERROR) {
    char text[200];
    template_kit_explain(error, text, sizeof text);
    puts(text);
    return 1;
  }
  for (int i = 0; i < 3; i++) template_add(2);
  printf("own %u, of all processes %u\n", template_own(), template_total());
  return 0;
}
