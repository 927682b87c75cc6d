// SPDX-License-Identifier: Apache-2.0
/* A batch: threads that share memory and files, and a process that sends them signals. */
#include "fuzz.h"

static char stacks[THREADS][16384] __attribute__((aligned(8)));
static uint32_t the_seed, the_batch, the_count;
struct shared *shared;

static void work(uint32_t number) {
  struct dice dice = dice_of(the_seed, the_batch, number);
  struct scratch *scratch = new_scratch();
  struct watch watch = {0};
  for (uint32_t i = 0; i < the_count; i++) {
    if (one_in(&dice, 3)) random_sequence(&dice, scratch); else random_call(&dice, scratch);
    if (one_in(&dice, 4)) check_time(&watch);
  }
}

/* Sends signals to the batch's process and threads, and continues it if it is stopped. */
static void send_signals(uint32_t target) {
  struct dice dice = dice_of(the_seed, the_batch, THREADS);
  static const uint32_t numbers[] = {10, 10, 12, 14, 17, 18, 28, 34, 64};
  for (uint32_t i = 0; i < 60; i++) {
    uint32_t pause[2] = {0, below(&dice, 3000000)};
    call(SYS_nanosleep, (uint32_t)(uintptr_t)pause, 0, 0, 0, 0, 0);
    if (one_in(&dice, 12)) call(SYS_kill, target, 19, 0, 0, 0, 0);
    if (one_in(&dice, 2)) call(SYS_tgkill, target, target + below(&dice, THREADS), PICK(&dice, numbers), 0, 0, 0);
    else if (call(SYS_kill, target, PICK(&dice, numbers), 0, 0, 0, 0)) break;
    call(SYS_kill, target, 18, 0, 0, 0, 0);
  }
}

/* The descriptors 0 to 20: files, and one of each kind without a name. */
static void open_own_files(void) {
  static const char *const names[] = {"/dev/null", "/dev/zero", "/init", "/", "/proc/self/maps",
                                      "/proc", "/dev/urandom", "/dev"};
  for (uint32_t i = 0; i < 3; i++) call(SYS_close, i, 0, 0, 0, 0, 0);
  for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
    call(SYS_open, (uint32_t)(uintptr_t)names[i], 0, 0, 0, 0, 0);
  uint32_t ends[2], signals[2] = {1 << 9, 1};
  call(SYS_chdir, (uint32_t)(uintptr_t)FOLDER, 0, 0, 0, 0, 0);
  call(SYS_pipe2, (uint32_t)(uintptr_t)ends, 04000, 0, 0, 0, 0);
  call(SYS_eventfd2, 3, 04000, 0, 0, 0, 0);
  call(SYS_epoll_create1, 0, 0, 0, 0, 0, 0);
  call(350, 1, 04000, 0, 0, 0, 0); /* timerfd_create */
  call(SYS_signalfd4, 0xffffffff, (uint32_t)(uintptr_t)signals, 8, 04000, 0, 0);
  call(SYS_open, (uint32_t)(uintptr_t)FOLDER "/a", 0102, 0600, 0, 0, 0);
  call(SYS_open, (uint32_t)(uintptr_t)"/dev/ptmx", 02, 0, 0, 0, 0);
  call(SYS_socketpair, 1, 04001, 0, (uint32_t)(uintptr_t)ends, 0, 0);
  call(SYS_socketpair, 1, 04005, 0, (uint32_t)(uintptr_t)ends, 0, 0);
  call(SYS_inotify_add_watch, (uint32_t)call(SYS_inotify_init1, 04000, 0, 0, 0, 0, 0),
       (uint32_t)(uintptr_t)FOLDER, 0xfff, 0, 0, 0);
}

_Noreturn void run_batch(uint32_t seed, uint32_t batch, uint32_t count) {
  the_seed = seed, the_batch = batch, the_count = count;
  open_own_files();
  install_handlers();
  call(SYS_mmap2, ARENA, ARENA_PAGES * PAGE, 3, 0x32, 0xffffffff, 0);
  uint32_t own = (uint32_t)call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  for (uint32_t i = 1; i < THREADS; i++) spawn(0x50f00, stacks[i] + sizeof stacks[i], work, i);
  if (raw_fork() == 0) {
    send_signals(own);
    call(SYS_exit_group, 0, 0, 0, 0, 0, 0);
  }
  work(0);
  for (;;) call(SYS_exit, 0, 0, 0, 0, 0, 0);
}
