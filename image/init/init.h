// SPDX-License-Identifier: Apache-2.0
/* The tour's C interface: musl's headers, and the few instructions that Swift cannot express. */
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

/* clock_gettime64 by system call 403, even if there is a vDSO: 0 or a negative errno. */
int tour_gettime_by_call(int id, void *time);

/* clock_gettime64 by a direct call into the vDSO: 0 or a negative errno; -ENOSYS without a vDSO. */
int tour_gettime_in_vdso(int id, void *time);

/* Counter units for 1,024 calls, without the loop around them: by system call, in the vDSO. */
uint32_t tour_cost_by_call(int id);
uint32_t tour_cost_in_vdso(int id);

/* Counter units per second. */
uint32_t tour_counter_frequency(void);

/* Whether a counter unit is 16 instructions, as with QEMU's `-icount shift=0`: measured. */
bool tour_counts_instructions(void);

/* Makes stdout line-buffered, so that no line is lost if the program is killed. */
void tour_use_lines(void);

#endif
