// SPDX-License-Identifier: Apache-2.0
/* What a program tells the kernel about the calling thread, without a system call. */
#ifndef COROUTINES_PUBLISH_H
#define COROUTINES_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

/* Publishes the priority of the most urgent of what this thread runs, or VSCHED_PRIORITIES: of none.
 * False: the kernel may not know it, because a turn began meanwhile, or the kit vsched is not bound. */
bool coroutine_publish(uint32_t priority);

#endif
