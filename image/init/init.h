// SPDX-License-Identifier: Apache-2.0
/* What the tour needs from C: musl's headers, and the few instructions that Swift cannot write. */
#ifndef INIT_H
#define INIT_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* clock_gettime64 by system call 403, whatever the vDSO offers: 0 or a negative errno. */
int tour_gettime_by_call(int id, void *time);

/* clock_gettime64 in the vDSO, without libc in between: 0 or a negative errno. ENOSYS: no vDSO. */
int tour_gettime_in_vdso(int id, void *time);

/* Counter units that 1,024 calls of each take, without the loop around them. */
uint32_t tour_cost_by_call(int id);
uint32_t tour_cost_in_vdso(int id);

/* Counter units in a second. */
uint32_t tour_counter_frequency(void);

/* Whether a count is 16 instructions, as under QEMU's `-icount shift=0`: found by trying. */
bool tour_counts_instructions(void);

/* stdout writes line by line, so that nothing is lost if the program is killed. */
void tour_use_lines(void);

#endif
