// SPDX-License-Identifier: Apache-2.0
/* Pools and boxes from C. */
#if defined(__arm__)
#include "checks.h"

static uint64_t pool[1024], boxes[LOS_MEMBOX_SIZE(20, 10) / 8 + 1];

void test_memory(void) {
  EQUAL(LOS_MemInit(pool, sizeof pool), LOS_OK);
  uint8_t *taken[40];
  for (uint32_t i = 0; i < 40; i++) {
    taken[i] = LOS_MemAllocAlign(pool, i + 1, 8U << i % 4);
    CHECK(taken[i] && (uintptr_t)taken[i] % (8U << i % 4) == 0);
    for (uint32_t j = 0; taken[i] && j <= i; j++) taken[i][j] = (uint8_t)i;
  }
  taken[39] = LOS_MemRealloc(pool, taken[39], 1000);
  CHECK(taken[39] && taken[39][39] == 39);
  EQUAL(LOS_MemIntegrityCheck(pool), LOS_OK);
  for (uint32_t i = 0; i < 40; i++) {
    CHECK(taken[i][i] == i);
    EQUAL(LOS_MemFree(pool, taken[i]), LOS_OK);
    EQUAL(LOS_MemFree(pool, taken[i]), LOS_NOK);
  }
  LOS_MEM_POOL_STATUS status;
  EQUAL(LOS_MemInfoGet(pool, &status), LOS_OK);
  CHECK(status.usedNodeNum == 0 && status.freeNodeNum == 1 && status.usageWaterLine > 1000);
  EQUAL(LOS_MemDeInit(pool), LOS_OK);
  EQUAL(LOS_MemAlloc(pool, 8), NULL);

  EQUAL(LOS_MemboxInit(boxes, sizeof boxes, 20), LOS_OK);
  uint32_t most, used, size;
  EQUAL(LOS_MemboxStatisticsGet(boxes, &most, &used, &size), LOS_OK);
  CHECK(most == 10 && used == 0 && size == 24);
  void *box[10];
  for (uint32_t i = 0; i < 10; i++) CHECK((box[i] = LOS_MemboxAlloc(boxes)) != NULL);
  EQUAL(LOS_MemboxAlloc(boxes), NULL);
  for (uint32_t i = 0; i < 10; i++) {
    EQUAL(LOS_MemboxFree(boxes, box[i]), LOS_OK);
    EQUAL(LOS_MemboxFree(boxes, box[i]), LOS_NOK);
  }
  say("memory: done");
}
#endif
