// SPDX-License-Identifier: Apache-2.0
/* System calls without a libc. Across a call nothing but registers needs to survive. */
#include "fuzz.h"

struct dice dice_of(uint32_t seed, uint32_t batch, uint32_t thread) {
  uint32_t state = seed * 0x9e3779b9u ^ batch * 0x85ebca6bu ^ (thread + 1) * 0xc2b2ae35u;
  struct dice dice = {state ? state : 1};
  for (int i = 0; i < 8; i++) dice_next(&dice);
  return dice;
}

uint32_t dice_next(struct dice *dice) {
  dice->state ^= dice->state << 13;
  dice->state ^= dice->state >> 17;
  dice->state ^= dice->state << 5;
  return dice->state;
}

__asm__(
  ".arm\n.text\n.global raw_call, spawn, touch, touch_begin, touch_end, raw_fork\n"
  "raw_call:\n"
  "  push {r4-r8, lr}\n"
  "  ldm r0, {r0-r7}\n"
  "  svc #0\n"
  "  cmp r0, #0\n"
  "  popne {r4-r8, pc}\n"
  "  cmp r7, #2\n"             /* fork */
  "  cmpne r7, #120\n"         /* clone */
  "  cmpne r7, #190\n"         /* vfork */
  "  movwne r8, #435\n"
  "  cmpne r7, r8\n"           /* clone3 */
  "  popne {r4-r8, pc}\n"
  "1: mov r0, #0\n"            /* the child: it may be on its parent's stack */
  "  mov r7, #1\n"
  "  svc #0\n"
  "  b 1b\n"
  "raw_fork:\n"
  "  push {r7, lr}\n"
  "  mov r7, #2\n"
  "  svc #0\n"
  "  pop {r7, pc}\n"
  "spawn:\n"                   /* flags, end of the stack, body, argument */
  "  push {r4-r7, r8, lr}\n"
  "  str r3, [r1, #-4]!\n"
  "  str r2, [r1, #-4]!\n"
  "  mov r2, #0\n  mov r3, #0\n  mov r4, #0\n"
  "  mov r7, #120\n"
  "  svc #0\n"
  "  cmp r0, #0\n"
  "  popne {r4-r7, r8, pc}\n"
  "  pop {r1}\n  pop {r0}\n"
  "  blx r1\n"
  "2: mov r0, #0\n"
  "  mov r7, #1\n"
  "  svc #0\n"
  "  b 2b\n"
  "touch:\n"                   /* address, whether to store */
  "  cmp r1, #0\n"
  "touch_begin:\n"
  "  ldrbeq r1, [r0]\n"
  "  strbne r1, [r0]\n"
  "touch_end:\n"
  "  bx lr\n");

void count_call(void) { __atomic_fetch_add(&shared->calls, 1, __ATOMIC_RELAXED); }

long call(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f) {
  uint32_t registers[8] = {a, b, c, d, e, f, 0, number};
  count_call();
  return raw_call(registers);
}
