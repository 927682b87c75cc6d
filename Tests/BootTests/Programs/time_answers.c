// SPDX-License-Identifier: Apache-2.0
/* The results of clock calls: every number from 0 to 31, the limits of the range, and the clocks of
 * processes, threads and descriptors. One line for each clock: 0 or -errno for each call.
 *
 * time_answers.txt is the output on Linux 6.1, on the same machine: one with a calendar clock, without
 * which Linux would not have clocks 8 and 9.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
struct timex64 { uint32_t modes, pad; int64_t fields[25]; };
enum {
  SETTIME = 262, GETTIME = 263, GETRES = 264, SLEEP = 265, ADJUST = 372, GETTIME64 = 403,
  SETTIME64 = 404, ADJUST64 = 405, GETRES64 = 406, SLEEP64 = 407, ABSOLUTE = 1
};
#define BAD ((void *)0x10)

static int answer(long result) { return result < 0 ? -errno : (int)result; }
static int call(int number, int id, const void *time) { return answer(syscall(number, id, time)); }
static int sleep_by(int number, int id, int flags, const void *time) {
  return answer(syscall(number, id, flags, time, 0));
}

/* 1 ns or a tick, whatever its length. */
static const char *resolution(int id) {
  struct time64 wide = {-1, -1};
  struct time32 narrow = {-1, -1};
  if (call(GETRES64, id, &wide) || call(GETRES, id, &narrow)) return "none";
  if (wide.seconds || narrow.seconds || wide.nanoseconds != narrow.nanoseconds) return "differs";
  if (wide.nanoseconds == 1) return "1ns";
  return wide.nanoseconds >= 100000 && wide.nanoseconds <= 100000000 ? "tick" : "odd";
}

static void ask(const char *name, int id) {
  struct time64 now = {-1, -1}, none = {0, 0}, odd = {0, 1000000000}, past = {-1, 0};
  struct time32 now32 = {-1, -1}, none32 = {0, 0}, odd32 = {0, -1};
  static struct timex64 timex;
  printf("%s get %d %d bad %d %d", name, call(GETTIME, id, &now32), call(GETTIME64, id, &now),
         call(GETTIME, id, BAD), call(GETTIME64, id, 0));
  printf(" res %d %d %s null %d %d bad %d", call(GETRES, id, &now32), call(GETRES64, id, &now),
         resolution(id), call(GETRES, id, 0), call(GETRES64, id, 0), call(GETRES64, id, BAD));
  printf(" set bad %d %d odd %d %d past %d", call(SETTIME, id, BAD), call(SETTIME64, id, 0),
         call(SETTIME, id, &odd32), call(SETTIME64, id, &odd), call(SETTIME64, id, &past));
  if (id) printf(" set %d %d", call(SETTIME, id, &none32), call(SETTIME64, id, &none));
  printf(" sleep %d %d until %d %d odd %d %d bad %d %d past %d flags %d",
         sleep_by(SLEEP, id, 0, &none32), sleep_by(SLEEP64, id, 0, &none),
         sleep_by(SLEEP, id, ABSOLUTE, &none32), sleep_by(SLEEP64, id, ABSOLUTE, &none),
         sleep_by(SLEEP, id, 0, &odd32), sleep_by(SLEEP64, id, ABSOLUTE, &odd),
         sleep_by(SLEEP, id, 0, BAD), sleep_by(SLEEP64, id, 0, 0),
         sleep_by(SLEEP64, id, ABSOLUTE, &past), sleep_by(SLEEP64, id, 6 | ABSOLUTE, &none));
  printf(" adjust %d %d bad %d\n", call(ADJUST, id, &timex), call(ADJUST64, id, &timex),
         call(ADJUST64, id, 0));
}

int main(void) {
  int me = getpid();
  char name[40];
  ask("-1", -1);
  ask("least", INT_MIN);
  ask("most", INT_MAX);
  for (int id = 0; id <= 31; id++) {
    snprintf(name, sizeof name, "%d", id);
    ask(name, id);
  }
  static const struct { const char *name; int number; } owners[] = {{"own", 0}, {"me", -1}, {"no", 77777}};
  for (int i = 0; i < 3; i++) {
    for (int kind = 0; kind < 8; kind++) {
      int owner = owners[i].number < 0 ? me : owners[i].number;
      snprintf(name, sizeof name, "%s %d", owners[i].name, kind);
      ask(name, (int)(~(unsigned)owner << 3) | kind);
    }
  }
  return 0;
}
