// SPDX-License-Identifier: Apache-2.0
/* The parts of the kernel's fuzzer, which `tools/fuzz` boots as init (main.c).
 *
 * A batch makes its calls without a libc and has random numbers of its own: the first calls would
 * destroy a libc's memory, descriptors and thread data.
 */
#ifndef FUZZ_H
#define FUZZ_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <sys/syscall.h>

#define PAGE 4096u
#define THREADS 3
/* The range in which the mapping calls of all threads compete. */
#define ARENA 0x20000000u
#define ARENA_PAGES 48u

/* --- Random numbers: xorshift32, a state for each thread. On one CPU a seed fixes the sequence. */
struct dice { uint32_t state; };
struct dice dice_of(uint32_t seed, uint32_t batch, uint32_t thread);
uint32_t dice_next(struct dice *dice);
static inline uint32_t below(struct dice *dice, uint32_t limit) { return dice_next(dice) % limit; }
static inline int one_in(struct dice *dice, uint32_t limit) { return below(dice, limit) == 0; }
#define PICK(dice, table) ((table)[below(dice, sizeof(table) / sizeof *(table))])

/* --- The page that a batch and init share. */
struct shared {
  uint32_t go;               /* set by init when the batch may begin */
  uint32_t calls;            /* made so far by all threads and processes of the batch */
  uint32_t finding, detail[4];
};
#define FINDING_TIME_BACK 0x7e57ba0cu /* a value that a stray store does not leave here */
extern struct shared *shared;

/* --- Calls (calls.c). */
/* Makes a call with the given r0 to r6 and r7. If the call creates a thread or a process, that ends
 * at once, before it uses its stack. */
long raw_call(const uint32_t registers[8]);
long call(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f);
void count_call(void);     /* counts a call that `call` does not make */
/* Forks; returns 0 in the child. */
long raw_fork(void);
/* Starts a thread of this process on a stack of its own; it ends when `body` returns. */
long spawn(uint32_t flags, void *stack_end, void (*body)(uint32_t), uint32_t argument);
/* Loads from or stores to an address that may be unmapped; the handlers skip a fault. */
void touch(uint32_t address, int store);
extern const char touch_begin[], touch_end[];

/* --- Arguments (arguments.c): values that are nearly valid. */
struct scratch {
  uint32_t page[1024];     /* structures for calls; the next page is inaccessible */
};
void find_pages(void);    /* once, before the batch */
struct scratch *new_scratch(void);
uint32_t any_value(struct dice *dice, struct scratch *scratch);
uint32_t argument(struct dice *dice, struct scratch *scratch, char kind);
extern uint32_t vvar_page, vdso_pages, vdso_end_page;

/* --- Numbers (numbers.c). */
/* Draws a call with its arguments into `registers` and makes it. */
void random_call(struct dice *dice, struct scratch *scratch);

/* --- Sequences (sequences.c): several related calls. */
void random_sequence(struct dice *dice, struct scratch *scratch);
extern int depth;          /* the number of forks: 0 in the batch's first process */

/* --- Signals (handlers.c). */
void install_handlers(void);
void on_signal(int number, void *info, void *context);
extern const char plain_return[], info_return[];
extern int corrupts_frames;  /* handlers change the signal frame before they return */
void set_corrupt_dice(struct dice dice);

/* --- Threads (threads.c). */
/* Runs a batch; never returns. */
_Noreturn void run_batch(uint32_t seed, uint32_t batch, uint32_t count);

/* --- Files (tree.c). */
/* The folder in which batches make files. */
#define FOLDER "/tmp/f"
/* For init: remembers what is in the root directory, and removes what batches have added. */
void remember_tree(void);
void clean_tree(void);

/* --- Invariants (invariants.c). */
/* Compares consecutive times in one thread: call, vDSO, call, and the last time seen. */
struct watch { uint64_t last; };
void check_time(struct watch *watch);
/* For init, between batches. `check_machine` returns 0 or a text about what is wrong. */
void remember_machine(void);
const char *check_machine(void);
long free_memory(void);
void touch_own_pages(void);
/* Touches each page of the program's file. It stays in memory while the program is mapped, so batches
 * that map it take no memory afterwards. */
void touch_own_file(void);

#endif
