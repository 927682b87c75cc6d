// SPDX-License-Identifier: Apache-2.0
/* The kit's functions, on a page that this test writes in the kernel's place. */
#include <assert.h>
#include <string.h>

#include "vstat_image.h"

static struct vstat_page page = {
    .cpus_online = 2,
    .cpus_possible = 4,
    .page_size = 4096,
    .tick_hz = 1000,
    .memory_bytes = 0x1234567890,
    .max_processes = 64,
    .max_open_files = 128,
    .max_regions = 256,
    .board = "virt",
    .release = "6.1",
};
void *kit_host_pages[3] = {&page};

int main(void) {
  char text[40];
  assert(vstat_cpus() == 2 && vstat_possible_cpus() == 4);
  assert(vstat_page_size() == 4096 && vstat_tick_hz() == 1000);
  assert(vstat_memory() == 0x1234567890);
  assert(vstat_max_processes() == 64 && vstat_max_open_files() == 128);
  assert(vstat_max_regions() == 256);
  memset(text, 'x', sizeof text);
  assert(vstat_board(text, 32) == 0 && !strcmp(text, "virt") && text[32] == 'x');
  assert(vstat_release(text, sizeof text) == 0 && !strcmp(text, "6.1"));
  assert(vstat_board(text, 31) == -KIT_OUT_OF_RANGE && !strcmp(text, "6.1"));
  assert(vstat_board(0, 32) == -KIT_OUT_OF_RANGE);
  page.cpus_online = 3;
  assert(vstat_cpus() == 3);
  return 0;
}
