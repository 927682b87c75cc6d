// SPDX-License-Identifier: Apache-2.0
/* The way into the C code: module init creates a task, which runs the tests beside the programs. */
#if defined(__arm__)
#include "checks.h"
#include "los_init.h"

uint32_t arguments[3];
bool wants_panic;

static void *run(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  uint32_t status = test_main();
  if (status || arguments[0]) test_end(status); /* after the stress, too */
  return NULL;
}

static uint32_t TestInit(void) {
  /* Now, because the code that reads the command line is freed after the boot. */
  for (uint32_t i = 0; i < 3; i++) arguments[i] = test_argument(i);
  wants_panic = test_wants_panic();
  TSK_INIT_PARAM_S wanted = {.pfnTaskEntry = run, .usTaskPrio = 10, .pcName = "test"};
  uint32_t task;
  return LOS_TaskCreate(&task, &wanted);
}

LOS_MODULE_INIT(TestInit, LOS_INIT_LEVEL_KMOD_EXTENDED);
#endif
