// SPDX-License-Identifier: Apache-2.0
/* What the kernel reads of a kit's note, and the pages that it writes for kits, as Swift sees them:
 * offsets of the structures that kits and programs include. */
#ifndef KIT_TYPES_H
#define KIT_TYPES_H

#include "../../../image/kits/include/kit.h"
#include "../../../image/kits/include/kit_members.h"
#include "../../../image/kits/vsched/vsched_page.h"
#include "../../../image/kits/vstat/vstat_page.h"

enum {
  KIT_NOTE_BYTES = sizeof(struct kit_note),
  KIT_NOTE_VERSION = offsetof(struct kit_note, version),
  KIT_NOTE_LAYOUT_HASH = offsetof(struct kit_note, layout_hash),
  KIT_NOTE_MODE = offsetof(struct kit_note, mode),
  KIT_NOTE_KERNEL_PAGES = offsetof(struct kit_note, kernel_pages),
  KIT_NOTE_OWN_PAGES = offsetof(struct kit_note, own_pages),
  KIT_NOTE_SHARED_PAGES = offsetof(struct kit_note, shared_pages),
  KIT_NOTE_MEMBER_PAGES = offsetof(struct kit_note, member_pages),
  KIT_NOTE_PRIVATE_BYTES = offsetof(struct kit_note, private_bytes),
  KIT_NOTE_EXPORT_COUNT = offsetof(struct kit_note, export_count),
  KIT_NOTE_FLAGS = offsetof(struct kit_note, flags),
  KIT_NOTE_NAME = offsetof(struct kit_note, name),
  KIT_NOTE_CODE_OFFSET = offsetof(struct kit_note, code_offset),
  KIT_NOTE_CODE_BYTES = offsetof(struct kit_note, code_bytes),
};

enum {
  KIT_MEMBERS_JOINED = offsetof(struct kit_members, joined),
  KIT_MEMBERS_PROCESSES = offsetof(struct kit_members, processes),
  KIT_MEMBERS_GENERATIONS = offsetof(struct kit_members, generations),
  KIT_MEMBERS_BELLS = offsetof(struct kit_members, bells),
  KIT_MEMBER_SLOT = offsetof(struct kit_member, slot),
  KIT_MEMBER_GENERATION = offsetof(struct kit_member, generation),
};

/* The layout that the kernel's writer of vstat's page is for. */
static inline uint64_t vstat_layout_hash(void) { return VSTAT_LAYOUT_HASH; }
/* The layout that the scheduler's record of a CPU is for (RTOSCore/Tasks/TurnRecord.swift). */
static inline uint64_t vsched_layout_hash(void) { return VSCHED_LAYOUT_HASH; }
enum { VSCHED_WORDS = offsetof(struct vsched_page, words) };

enum {
  VSTAT_CPUS_ONLINE = offsetof(struct vstat_page, cpus_online),
  VSTAT_CPUS_POSSIBLE = offsetof(struct vstat_page, cpus_possible),
  VSTAT_PAGE_SIZE = offsetof(struct vstat_page, page_size),
  VSTAT_TICK_HZ = offsetof(struct vstat_page, tick_hz),
  VSTAT_MEMORY_BYTES = offsetof(struct vstat_page, memory_bytes),
  VSTAT_MAX_PROCESSES = offsetof(struct vstat_page, max_processes),
  VSTAT_MAX_OPEN_FILES = offsetof(struct vstat_page, max_open_files),
  VSTAT_MAX_REGIONS = offsetof(struct vstat_page, max_regions),
  VSTAT_BOARD = offsetof(struct vstat_page, board),
  VSTAT_RELEASE = offsetof(struct vstat_page, release),
};

#endif
