// SPDX-License-Identifier: Apache-2.0
/* Module init: the functions that the kernel calls at boot, level by level, as in LiteOS. Within a
 * level they are called in the order of their names. kernel.ld collects the entries; RTOSCore's
 * `ModuleInit.Entry` has the same layout.
 *
 * A function is called with interrupts masked and must not block. It returns 0, or an error code
 * that the boot logs. */
#ifndef LOS_INIT_H
#define LOS_INIT_H

#include <stdint.h>

enum {
  LOS_INIT_LEVEL_EARLIEST,
  LOS_INIT_LEVEL_ARCH_EARLY,
  LOS_INIT_LEVEL_PLATFORM_EARLY,
  LOS_INIT_LEVEL_KMOD_PREVM,
  LOS_INIT_LEVEL_VM_COMPLETE,
  LOS_INIT_LEVEL_ARCH,
  LOS_INIT_LEVEL_PLATFORM,
  LOS_INIT_LEVEL_KMOD_BASIC,    /* from the next level on, the functions of liteos.h may be called */
  LOS_INIT_LEVEL_KMOD_EXTENDED,
  LOS_INIT_LEVEL_KMOD_TASK,
  LOS_INIT_LEVEL_FINISH
};

typedef struct {
  uint32_t level;
  uint32_t is_optional;
  const char *(*name)(void);
  uint32_t (*action)(void);
} los_init_entry;

/* Has `function` called at a level; the boot ends if it fails. */
#define LOS_MODULE_INIT(function, level) LOS_INIT_ENTRY(function, level, 0)

/* The same, but the boot goes on if it fails. */
#define LOS_OPTIONAL_MODULE_INIT(function, level) LOS_INIT_ENTRY(function, level, 1)

#define LOS_INIT_ENTRY(function, level, is_optional)                                             \
  static const char *function##_name(void) { return #function; }                                 \
  __attribute__((used, section(".init.kernel." #function)))                                      \
  static const los_init_entry function##_entry = {level, is_optional, function##_name, function}

#endif
