// SPDX-License-Identifier: Apache-2.0
/* The pages of the kit tally. Every program with the right to write may change them at any time. */
#ifndef TALLY_PAGE_H
#define TALLY_PAGE_H

#include <stdint.h>

#include "tally_constants.h"

struct tally_shared {
  uint32_t counters[TALLY_COUNTERS];
  uint32_t limits[TALLY_COUNTERS]; /* 0: none */
};

#endif
