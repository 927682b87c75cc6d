// SPDX-License-Identifier: Apache-2.0
/* 64 processes at once map and call four kits: what is private is private, what is shared is shared,
 * what the kernel writes is right, and of the members there are as many as there are slots. */
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "tally_kit.h"
#include "vqueue_kit.h"
#include "vsched_kit.h"
#include "vstat_kit.h"

enum { PROCESSES = 64, ADDITIONS = 100, COUNTER = 7 };

/* What the processes tell each other beside the kits. */
struct shared {
  uint32_t mapped, called, joined, has_failed;
};
static volatile struct shared *shared;

/* Adds to a counter that all processes share, and to a journal that is this process's own. */
static int uses_tally(uint32_t number) {
  for (uint32_t i = 0; i < ADDITIONS; i++) {
    int32_t result;
    do result = tally_add(COUNTER, 1);
    while (result == -KIT_BUSY);
    if (result) return 1;
    if (i % 16 == number % 16) sched_yield();
  }
  if (tally_logged() != ADDITIONS || tally_last() != COUNTER) return 2;
  return tally_value(COUNTER) <= PROCESSES * ADDITIONS ? 0 : 3;
}

static int uses_vstat(void) {
  struct sysinfo info;
  sysinfo(&info);
  if (vstat_cpus() != (uint32_t)sysconf(_SC_NPROCESSORS_ONLN)) return 4;
  if (vstat_page_size() != 4096) return 5;
  return vstat_memory() >= (uint64_t)info.totalram * info.mem_unit ? 0 : 6;
}

static int uses_vsched(void) {
  uint32_t tick = vsched_tick();
  for (int i = 0; i < 50; i++) {
    int32_t cpu = vsched_cpu(), slice = vsched_slice();
    if (cpu < 0 || (uint32_t)cpu >= vstat_cpus() || slice < 0) return 7;
    if (vsched_yield_if_needed() < 0) return 8;
    uint32_t next = vsched_tick();
    if ((int32_t)(next - tick) < 0) return 9;
    tick = next;
  }
  return 0;
}

/* Joins the queue, if a slot is free, and sends a message to itself. */
static int uses_vqueue(uint32_t number) {
  if (vqueue_kit_bind_writer() != KIT_NO_ERROR) return 0;
  __atomic_fetch_add(&shared->joined, 1, __ATOMIC_SEQ_CST);
  uint32_t own = vqueue_self();
  struct vqueue_message message = {.type = number}, received;
  if (!own || vqueue_try_send(own, &message) || vqueue_try_receive(&received)) return 10;
  return received.sender == own && received.type == number ? 0 : 11;
}

/* Waits until all processes and their parent have come here, or one has failed. */
static void meet(volatile uint32_t *place) {
  __atomic_fetch_add(place, 1, __ATOMIC_SEQ_CST);
  while (*place < PROCESSES + 1 && !shared->has_failed) sched_yield();
}

static int child(uint32_t number) {
  if (tally_kit_bind_writer() != KIT_NO_ERROR || vstat_kit_bind() != KIT_NO_ERROR ||
      vsched_kit_bind() != KIT_NO_ERROR)
    return 12;
  int failure = uses_vqueue(number);
  meet(&shared->mapped);
  if (!failure) failure = uses_tally(number);
  if (!failure) failure = uses_vstat();
  if (!failure) failure = uses_vsched();
  meet(&shared->called);
  return failure;
}

int main(void) {
  shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED, "no shared page");
  if (failures) return verdict("many");
  int started = 0;
  for (uint32_t i = 0; i < PROCESSES; i++) {
    pid_t process = fork();
    if (process == 0) {
      int failure = child(i);
      if (failure) shared->has_failed = 1;
      _exit(failure);
    }
    started += process > 0;
  }
  CHECK(started == PROCESSES, "%d processes", started);
  if (started < PROCESSES) shared->has_failed = 1;
  /* The kit's shared pages live as long as a process has them mapped. */
  CHECK(tally_kit_bind() == KIT_NO_ERROR, "tally");
  meet(&shared->mapped);
  meet(&shared->called);
  int worst = 0, status;
  for (int i = 0; i < started; i++) {
    wait(&status);
    if (status > worst) worst = status;
  }
  CHECK(worst == 0, "a process ended with status %x", worst);
  CHECK(shared->joined == KIT_MEMBERS, "%u members", shared->joined);
  CHECK(tally_value(COUNTER) == PROCESSES * ADDITIONS, "%u additions", tally_value(COUNTER));
  CHECK(tally_logged() == 0, "this process has its own journal");
  return verdict("many");
}
