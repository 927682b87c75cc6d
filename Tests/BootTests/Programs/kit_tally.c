// SPDX-License-Identifier: Apache-2.0
/* The kit tally: pages that processes share, data that is each process's own, the right to write,
 * and the program's own function. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "tally_kit.h"

static uint32_t told;
static int32_t full(uint32_t index, uint32_t value) {
  told = value;
  return (int32_t)index + 100;
}

/* Runs `work` in a child; its exit status, or 128 and the signal. */
static int child(int (*work)(void)) {
  int status = -1;
  fflush(stdout);
  pid_t process = fork();
  if (process == 0) _exit(work());
  waitpid(process, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The counters are the parent's, the journal begins as a copy of the parent's. */
static int adds(void) {
  if (tally_value(1) != 5 || tally_logged() != 1) return 1;
  if (tally_add(1, 2) || tally_add(2, 1)) return 2;
  return tally_logged() == 3 && tally_last() == 2 ? 0 : 3;
}

/* A thousand additions at the same time as the other children's. */
static int adds_many(void) {
  for (int i = 0; i < 1000; i++)
    while (tally_add(7, 1) == -KIT_BUSY) {
    }
  return 0;
}

static void call_outs(void) {
  struct tally_callouts table = {0};
  CHECK(tally_limit(3, 10) == 0, "a limit");
  CHECK(tally_add(3, 10) == -KIT_CALLOUT_MISSING, "without a call-out");
  CHECK(tally_kit_give(&table) == -KIT_CALLOUT_MISSING, "an empty table");
  table.tally_full = full;
  CHECK(tally_give(&table, sizeof table, 1) == -KIT_CALLOUT_LAYOUT, "another hash");
  CHECK(tally_kit_give(&table) == 0, "the table");
  CHECK(tally_add(3, 1) == 103 && told == 11, "the call-out: %u", told);
  CHECK(tally_add(TALLY_COUNTERS, 1) == -KIT_OUT_OF_RANGE, "no such counter");
}

/* A reader may read the counters; a store without the right is a SIGSEGV. */
static int reads(void) { return tally_value(1) == 7 ? 0 : 1; }
static int writes(void) { return tally_add(1, 1); }

int main(int count, char **arguments) {
  (void)arguments;
  CHECK(tally_add(1, 1) == -KIT_NOT_BOUND && tally_logged() == 0, "a call before binding");
  enum kit_error error = count > 1 ? tally_kit_bind() : tally_kit_bind_writer();
  char text[160];
  tally_kit_explain(error, text, sizeof text);
  CHECK(error == KIT_NO_ERROR, "%s", text);
  if (failures) return verdict("tally");
  if (count > 1) {
    CHECK(tally_value(1) == 0, "a reader's counter");
    CHECK(child(writes) == 128 + SIGSEGV, "a store without the right");
    return verdict("tally, reading");
  }

  CHECK(tally_add(1, 5) == 0 && tally_value(1) == 5, "the first addition");
  CHECK(child(adds) == 0, "a child's additions");
  CHECK(tally_value(1) == 7 && tally_value(2) == 1, "%u and %u", tally_value(1), tally_value(2));
  CHECK(tally_logged() == 1 && tally_last() == 1, "the child's journal is its own");
  CHECK(child(reads) == 0, "a reader");

  for (int i = 0; i < 4; i++)
    if (fork() == 0) _exit(adds_many());
  for (int i = 0; i < 4; i++) wait(0);
  CHECK(tally_value(7) == 4000, "%u of 4000", tally_value(7));
  call_outs();
  return verdict("tally");
}
