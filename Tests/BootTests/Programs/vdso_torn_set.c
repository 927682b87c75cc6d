// SPDX-License-Identifier: Apache-2.0
/* One process steps the clock, another reads it. The nanoseconds of each set time encode its seconds: a tenth of
 * a second for each unit of the remainder by five. A mixture of two updates would be wrong by tenths. The tick
 * stops the reader at any instruction, and the writer may write often before it continues.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"

enum { READS = 2000000, TENTH = 100000000, GETTIME64 = 403, SETTIME64 = 404 };
struct time64 { int64_t seconds, nanoseconds; };
struct time32 { int32_t seconds, nanoseconds; };
typedef int two(uintptr_t first, void *second);

static volatile int *is_done;

static void write_until_done(void) {
  for (int64_t second = 1800000000; !*is_done; second++) {
    struct time64 to = {second, second % 5 * TENTH};
    if (syscall(SETTIME64, 0, &to) != 0) _exit(1);
  }
  _exit(0);
}

static long torn, changes;
static int64_t last;

/* The time read is the time set, plus the short time since. */
static void see(int64_t seconds, int64_t nanoseconds) {
  int64_t since = nanoseconds - seconds % 5 * TENTH;
  if (since < 0 || since >= TENTH * 9 / 10) torn++;
  if (seconds != last) changes++;
  last = seconds;
}

int main(void) {
  two *wide = (two *)vdso_symbol("__vdso_clock_gettime64");
  two *narrow = (two *)vdso_symbol("__vdso_clock_gettime");
  CHECK(wide && narrow, "no vDSO");
  struct time64 start = {1800000000, 0}, time;
  struct time32 small;
  CHECK(syscall(SETTIME64, 0, &start) == 0, "clock_settime: errno %d", errno);
  is_done = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(is_done != MAP_FAILED, "mmap: errno %d", errno);
  pid_t writer = fork();
  CHECK(writer >= 0, "fork: errno %d", errno);
  if (writer == 0) write_until_done();
  for (long i = 0; i < READS && !failures; i += 4) {
    for (int id = 0; id <= 5; id += 5) {
      wide(id, &time), see(time.seconds, time.nanoseconds);
      narrow(id, &small), see(small.seconds, small.nanoseconds);
    }
  }
  int status = -1;
  *is_done = 1;
  CHECK(waitpid(writer, &status, 0) == writer && status == 0, "the writer: %d", status);
  CHECK(!torn, "see below");
  CHECK(changes > 100, "the clock was seen set only %ld times", changes);
  printf("torn: %ld of %d reads, with %ld steps seen\n", torn, READS, changes);
  return verdict("vdso_torn_set");
}
