// SPDX-License-Identifier: Apache-2.0
/* The pages of the kit vstat: what the machine is, and what this process did so far.
 *
 * The kernel, the kit and the programs that call it include this header. VSTAT_LAYOUT_HASH is the
 * hash of the kit's layout: the build of the kit compares it with the one that it computes, and the
 * kernel writes the pages of no kit with another one.
 */
#ifndef VSTAT_PAGE_H
#define VSTAT_PAGE_H

#include <stdint.h>

#define VSTAT_LAYOUT_HASH UINT64_C(0xfdb3e8387e5ffe04)

/* What is equal for all processes. The kernel writes it at boot, and `cpus_online` later. */
struct vstat_page {
  uint8_t layout_hash[8];
  uint32_t cpus_online;
  uint32_t cpus_possible;
  uint32_t page_size; /* bytes */
  uint32_t tick_hz;
  uint64_t memory_bytes; /* of RAM that the kernel manages */
  uint32_t max_processes;
  uint32_t max_open_files; /* of a process */
  uint32_t max_regions;    /* of a process */
  uint32_t reserved;
  char board[32];   /* terminated */
  char release[32]; /* terminated, as uname's */
};

#endif
