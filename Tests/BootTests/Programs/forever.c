// SPDX-License-Identifier: Apache-2.0
/* Never ends. */
#include <unistd.h>

int main(void) {
  for (;;) pause();
}
