// SPDX-License-Identifier: Apache-2.0
/* The pages of the kit template. Every program with the right to write may change them at any time:
 * believe nothing that is read here. */
#ifndef TEMPLATE_PAGE_H
#define TEMPLATE_PAGE_H

#include <stdint.h>

#include "template_constants.h"

struct template_page {
  uint32_t total; /* of all processes */
};

#endif
