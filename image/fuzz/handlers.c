// SPDX-License-Identifier: Apache-2.0
/* Signal handlers: one returns, usually with an unchanged frame; one skips a fault in `touch`. */
#include "fuzz.h"
#include <ucontext.h>

int corrupts_frames;
static struct dice corrupt_dice = {1};
void set_corrupt_dice(struct dice dice) { corrupt_dice = dice; }

__asm__(".arm\n.text\n.global plain_return, info_return\n"
        "plain_return: mov r7, #119\n  svc #0\ninfo_return: mov r7, #173\n  svc #0\n");

/* Changes words of the frame: the context, and the coprocessor registers after it. */
static void corrupt(uint32_t *words) {
  static const uint32_t values[] = {0, 1, 0x10, 0x13, 0x1f, 0x30, 0x600001f0, 0x7fffffff, 0x80000000,
                                    0x80010000, 0xffff0000, 0xffffffff, 0x56465001, 288};
  static const uint32_t places[] = {1, 5, 20, 21, 22, 23, 24, 26, 27, 58, 59, 124, 125, 126};
  for (uint32_t i = 0, count = 1 + below(&corrupt_dice, 3); i < count; i++) {
    uint32_t place = one_in(&corrupt_dice, 3) ? below(&corrupt_dice, 186)
                                              : PICK(&corrupt_dice, places);
    words[place] = one_in(&corrupt_dice, 3) ? words[place] ^ 1u << below(&corrupt_dice, 32)
                                          : PICK(&corrupt_dice, values);
  }
}

void on_signal(int number, void *info, void *context) {
  (void)number, (void)info;
  /* Only a handler with SA_SIGINFO gets a context here. */
  uint32_t at = (uint32_t)(uintptr_t)context;
  if (corrupts_frames && at % 4 == 0 &&
      at - (uint32_t)(uintptr_t)__builtin_frame_address(0) < 2 * PAGE)
    corrupt(context);
}

static void on_fault(int number, void *info, void *context) {
  (void)number, (void)info;
  ucontext_t *frame = context;
  uint32_t at = frame->uc_mcontext.arm_pc;
  if (at >= (uint32_t)(uintptr_t)touch_begin && at < (uint32_t)(uintptr_t)touch_end) {
    frame->uc_mcontext.arm_pc = (uint32_t)(uintptr_t)touch_end;
    return;
  }
  call(SYS_exit_group, 3, 0, 0, 0, 0, 0);
}

static void act(uint32_t number, void (*handler)(int, void *, void *), uint32_t flags) {
  uint32_t action[5] = {(uint32_t)(uintptr_t)handler, flags | 0x04000004,
                        (uint32_t)(uintptr_t)info_return, 0, 0};
  call(SYS_rt_sigaction, number, (uint32_t)(uintptr_t)action, 0, 8, 0, 0);
}

void install_handlers(void) {
  static const uint32_t faults[] = {4, 5, 7, 8, 11};
  for (uint32_t number = 1; number <= 64; number++)
    if (number != 9 && number != 19) act(number, on_signal, number & 1 ? 0x10000000 : 0);
  for (uint32_t i = 0; i < sizeof faults / sizeof *faults; i++) act(faults[i], on_fault, 0x40000000);
}
