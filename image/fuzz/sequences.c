// SPDX-License-Identifier: Apache-2.0
/* Sequences of related calls, which are valid more often than single ones. Those that would end the
 * batch run in a process of their own. */
#include "fuzz.h"

int depth;

static uint32_t address(const void *pointer) { return (uint32_t)(uintptr_t)pointer; }
static _Noreturn void leave(uint32_t status) {
  for (;;) call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

/* Maps, changes and touches a range of the arena, while the other threads do the same. */
static void move_memory(struct dice *dice, struct scratch *scratch) {
  uint32_t at = argument(dice, scratch, 'a'), size = (1 + below(dice, 8)) * PAGE;
  int file = (int)below(dice, 8);
  switch (below(dice, 8)) {
  case 0 ... 2: call(SYS_mmap2, at, size, 3, one_in(dice, 3) ? 0x31 : 0x32, 0xffffffff, 0); break;
  case 3: call(SYS_mmap2, at, size, 1 + below(dice, 7), 0x12, file, below(dice, 4)); break;
  case 4: call(SYS_munmap, at, size, 0, 0, 0, 0); break;
  case 5: call(SYS_mprotect, at, size, below(dice, 8), 0, 0, 0); break;
  case 6: call(SYS_mremap, at, size, (1 + below(dice, 8)) * PAGE, 3, argument(dice, scratch, 'a'), 0); break;
  default: call(SYS_madvise, at, size, below(dice, 24), 0, 0, 0); break;
  }
  for (uint32_t place = at; place < at + size; place += PAGE) touch(place, one_in(dice, 2));
}

static void open_files(struct dice *dice, struct scratch *scratch) {
  uint32_t path = argument(dice, scratch, 's');
  long file = call(SYS_open, path, one_in(dice, 4) ? 2 : 0, 0, 0, 0, 0);
  if (file < 0) return;
  for (uint32_t i = below(dice, 4); i > 0; i--) {
    call(SYS__llseek, file, one_in(dice, 2) ? 0 : 0x7fffffff, any_value(dice, scratch),
         argument(dice, scratch, 'p'), below(dice, 3), 0);
    static const uint32_t numbers[] = {SYS_read, SYS_getdents64, SYS_write, SYS_readv, SYS_writev};
    uint32_t number = PICK(dice, numbers);
    int isVector = number == SYS_readv || number == SYS_writev;
    call(number, file, argument(dice, scratch, isVector ? 'v' : 'p'),
         isVector ? below(dice, 16) : argument(dice, scratch, 'n'), 0, 0, 0);
  }
  if (one_in(dice, 3)) {
    uint32_t size = (1 + below(dice, 3)) * PAGE, at = one_in(dice, 4) ? argument(dice, scratch, 'a') : 0;
    long pages = call(SYS_mmap2, at, size, 1 + below(dice, 3), 1 + below(dice, 2), file, below(dice, 2));
    if (pages > 0 || pages < -4096) touch((uint32_t)pages + size - 4, one_in(dice, 2));
    if (one_in(dice, 2)) call(SYS_munmap, pages, size, 0, 0, 0, 0);
  }
  if (!one_in(dice, 4)) call(SYS_close, file, 0, 0, 0, 0, 0);
}

static void set_timers(struct dice *dice, struct scratch *scratch) {
  uint32_t *identifier = &scratch->page[0];
  static const uint32_t clocks[] = {0, 1, 7, 2, 3};
  if (call(SYS_timer_create, PICK(dice, clocks), one_in(dice, 2) ? 0 : argument(dice, scratch, 'e'),
           address(identifier), 0, 0, 0)) return;
  uint32_t timer = *identifier;
  call(258, timer, below(dice, 2), argument(dice, scratch, 'I'), 0, 0, 0);
  if (one_in(dice, 2)) call(409, timer, below(dice, 2), argument(dice, scratch, 'J'), 0, 0, 0);
  call(259, timer, argument(dice, scratch, 'p'), 0, 0, 0, 0);
  call(SYS_timer_getoverrun, timer, 0, 0, 0, 0, 0);
  if (!one_in(dice, 3)) call(SYS_timer_delete, timer, 0, 0, 0, 0, 0);
}

/* Waits, wakes and requeues on the same few words, private and shared. */
static void use_futexes(struct dice *dice, struct scratch *scratch) {
  static const uint32_t operations[] = {0, 1, 3, 4, 5, 9, 10, 128, 129, 131, 132, 133, 137, 138};
  for (uint32_t i = 1 + below(dice, 4); i > 0; i--)
    call(SYS_futex, argument(dice, scratch, 'w'), PICK(dice, operations), below(dice, 2),
         one_in(dice, 2) ? below(dice, 4) : argument(dice, scratch, 't'), argument(dice, scratch, 'w'),
         one_in(dice, 2) ? 0 : dice_next(dice));
}

/* A child process that makes calls of its own. */
static void fork_off(struct dice *dice, struct scratch *scratch) {
  if (depth > 0) return;
  struct dice own = {dice_next(dice) | 1};
  long child = raw_fork();
  if (child == 0) {
    depth++;
    for (uint32_t i = below(&own, 12); i > 0; i--)
      if (one_in(&own, 3)) random_sequence(&own, scratch); else random_call(&own, scratch);
    leave(0);
  }
  if (child > 0 && one_in(dice, 3)) call(SYS_kill, child, argument(dice, scratch, 'g'), 0, 0, 0, 0);
  call(SYS_wait4, one_in(dice, 2) ? 0xffffffff : (uint32_t)child, argument(dice, scratch, 'p'),
       one_in(dice, 4) ? 0 : 1, 0, 0, 0);
}

/* Returns from handlers with changed frames, or without a frame. */
static void return_badly(struct dice *dice, struct scratch *scratch) {
  struct dice own = {dice_next(dice) | 1};
  long child = raw_fork();
  if (child == 0) {
    corrupts_frames = 1;
    set_corrupt_dice(own);
    for (int i = 0; i < 4; i++) call(SYS_kill, call(SYS_getpid, 0, 0, 0, 0, 0, 0), 10, 0, 0, 0, 0);
    /* Without a frame: the kernel reads whatever is on the stack. */
    call(one_in(&own, 2) ? 119 : 173, 0, 0, 0, 0, 0, 0);
    leave(0);
  }
  (void)scratch;
}

/* --- Threads of one process that exec, exit and create threads, all at the same time. */
static char race_stacks[3][2048] __attribute__((aligned(8)));
static uint32_t race_seed;

static void race(uint32_t number) {
  struct dice own = dice_of(race_seed, number, number);
  static const char path[] = "/init";
  uint32_t arguments[2] = {address(path), 0};
  for (uint32_t i = below(&own, 6); i > 0; i--) call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
  switch (below(&own, 5)) {
  case 0 ... 1: call(SYS_execve, address(path), address(arguments), 0, 0, 0, 0); break;
  case 2: leave(5);
  case 3: call(SYS_vfork, 0, 0, 0, 0, 0, 0); break;
  default:
    for (int i = 0; i < 64; i++) call(SYS_clone, 0x50f00, address(race_stacks[2] + 1024), 0, 0, 0, 0);
  }
}

static void race_in_a_process(struct dice *dice) {
  if (depth > 0) return;
  uint32_t seed = dice_next(dice);
  long child = raw_fork();
  if (child == 0) {
    depth++;
    race_seed = seed;
    for (uint32_t i = 0; i < 2; i++) spawn(0x50f00, race_stacks[i] + sizeof race_stacks[i], race, i);
    race(2);
    call(SYS_exit, 0, 0, 0, 0, 0, 0);
  }
  if (child > 0 && one_in(dice, 4)) call(SYS_kill, child, 9, 0, 0, 0, 0);
  if (child > 0 && one_in(dice, 2)) call(SYS_wait4, child, 0, 0, 0, 0, 0);
}

void random_sequence(struct dice *dice, struct scratch *scratch) {
  switch (below(dice, 16)) {
  case 0 ... 5: move_memory(dice, scratch); break;
  case 6 ... 7: open_files(dice, scratch); break;
  case 8 ... 9: set_timers(dice, scratch); break;
  case 10 ... 11: use_futexes(dice, scratch); break;
  case 12: fork_off(dice, scratch); break;
  case 13: return_badly(dice, scratch); break;
  case 14: race_in_a_process(dice); break;
  default: touch(argument(dice, scratch, 'p'), one_in(dice, 2)); break;
  }
}
