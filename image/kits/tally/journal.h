// SPDX-License-Identifier: Apache-2.0
/* What the kit's own sources share: the journal in the private data. */
#ifndef TALLY_JOURNAL_H
#define TALLY_JOURNAL_H

#include <stdint.h>

/* Notes in this process's journal that a counter has changed. */
void tally_note(uint32_t index);

#endif
