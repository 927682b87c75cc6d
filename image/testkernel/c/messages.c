// SPDX-License-Identifier: Apache-2.0
/* Message queues from C, with readers and writers that wait. */
#if defined(__arm__)
#include "checks.h"

static uint32_t queue;
static volatile uint32_t code, got, size;

static void *receives(UINTPTR timeout, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  uint32_t text[2] = {0, 0}, bytes = sizeof text;
  code = LOS_QueueReadCopy(queue, text, &bytes, timeout);
  got = text[0];
  size = bytes;
  return NULL;
}

static void *sends(UINTPTR word, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  code = LOS_QueueWriteCopy(queue, &word, 4, LOS_WAIT_FOREVER);
  return NULL;
}

void test_messages(void) {
  uint32_t word = 7, text[2], bytes;
  EQUAL(LOS_QueueCreate(NULL, 2, &queue, 0, 8), LOS_OK);
  EQUAL(LOS_QueueWriteCopy(queue, &word, 4, LOS_NO_WAIT), LOS_OK);
  word = 8;
  EQUAL(LOS_QueueWriteHeadCopy(queue, &word, 4, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_QueueWriteCopy(queue, &word, 4, LOS_NO_WAIT), LOS_ERRNO_QUEUE_ISFULL);
  EQUAL(LOS_QueueWriteCopy(queue, &word, 4, 2), LOS_ERRNO_QUEUE_TIMEOUT);
  code = 99;
  make_task("sends", sends, 5, 9, false);
  EQUAL(code, 99); /* it waits for room */
  EQUAL(LOS_QueueDelete(queue), LOS_ERRNO_QUEUE_IN_TSKUSE);
  QUEUE_INFO_S info;
  EQUAL(LOS_QueueInfoGet(queue, &info), LOS_OK);
  CHECK(info.usReadableCnt == 2 && info.usWritableCnt == 0 && info.uwWaitWriteTask != 0);
  static const uint32_t wanted[] = {8, 7, 9};
  for (int i = 0; i < 3; i++) {
    bytes = sizeof text;
    EQUAL(LOS_QueueReadCopy(queue, text, &bytes, LOS_NO_WAIT), LOS_OK);
    CHECK(text[0] == wanted[i] && bytes == 4);
  }
  EQUAL(code, LOS_OK);
  bytes = sizeof text;
  EQUAL(LOS_QueueReadCopy(queue, text, &bytes, LOS_NO_WAIT), LOS_ERRNO_QUEUE_ISEMPTY);
  make_task("receives", receives, 5, LOS_WAIT_FOREVER, false);
  word = 77;
  EQUAL(LOS_QueueWriteCopy(queue, &word, 4, LOS_NO_WAIT), LOS_OK);
  CHECK(code == LOS_OK && got == 77 && size == 4); /* it went directly to the reader */
  EQUAL(LOS_QueueWrite(queue, &word, 4, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_QueueRead(queue, text, sizeof text, LOS_NO_WAIT), LOS_OK);
  EQUAL(text[0], (uint32_t)(uintptr_t)&word);
  EQUAL(LOS_QueueDelete(queue), LOS_OK);
  EQUAL(LOS_QueueWriteCopy(queue, &word, 4, LOS_NO_WAIT), LOS_ERRNO_QUEUE_NOT_CREATE);
  /* The memory of deleted queues is reused. */
  for (int i = 0; i < 100; i++) {
    EQUAL(LOS_QueueCreate(NULL, 100, &queue, 0, 400), LOS_OK);
    EQUAL(LOS_QueueDelete(queue), LOS_OK);
  }
  say("messages: done");
}
#endif
