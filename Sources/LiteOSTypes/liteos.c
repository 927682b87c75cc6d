// SPDX-License-Identifier: Apache-2.0
/* Compile-time checks of the structure sizes on the target; no code. */
#include "liteos.h"

#if defined(__arm__)
_Static_assert(sizeof(EVENT_CB_S) == 12, "EVENT_CB_S");
_Static_assert(sizeof(LosMux) == 40, "LosMux");
_Static_assert(sizeof(LosRwlock) == 24, "LosRwlock");
_Static_assert(sizeof(TSK_INIT_PARAM_S) == 40, "TSK_INIT_PARAM_S");
_Static_assert(sizeof(QUEUE_INFO_S) == 40, "QUEUE_INFO_S");
#endif
