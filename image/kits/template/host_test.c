// SPDX-License-Identifier: Apache-2.0
/* The kit's functions on this machine, with a page of this test. The build of the kit runs it. */
#include <assert.h>

#include "template_image.h"

static struct template_page page;
void *kit_host_pages[3] = {0, 0, &page}; /* that the kernel writes, own, shared */

int main(void) {
  assert(template_total() == 0 && template_own() == 0);
  assert(template_add(2) == 0 && template_own() == 2 * TEMPLATE_STEP);
  page.total += 10; /* another process */
  assert(template_add(1) == 0);
  assert(template_total() == 3 * TEMPLATE_STEP + 10 && template_own() == 3 * TEMPLATE_STEP);
  assert(template_add(UINT32_MAX) == 0);
  return 0;
}
