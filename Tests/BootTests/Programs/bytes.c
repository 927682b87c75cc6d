// SPDX-License-Identifier: Apache-2.0
/* Writes every byte value, forty times: the output must be exactly these 10,240 bytes. */
#include <stdio.h>

int main(void) {
  for (int i = 0; i < 40 * 256; i++) putchar(i & 0xff);
  return 0;
}
