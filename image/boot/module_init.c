// SPDX-License-Identifier: Apache-2.0
/* The kernel's own entries of the module-init table (Kernel/ModuleEntries.swift). */
#if defined(__arm__)
#include "los_init.h"

uint32_t OsHwiInit(void), OsTickInit(void), OsVdsoInit(void), OsUserInitProcess(void);

LOS_MODULE_INIT(OsHwiInit, LOS_INIT_LEVEL_ARCH_EARLY);
LOS_MODULE_INIT(OsTickInit, LOS_INIT_LEVEL_PLATFORM_EARLY);
LOS_OPTIONAL_MODULE_INIT(OsVdsoInit, LOS_INIT_LEVEL_KMOD_EXTENDED);
LOS_MODULE_INIT(OsUserInitProcess, LOS_INIT_LEVEL_KMOD_TASK);
#endif
