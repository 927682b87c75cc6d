// SPDX-License-Identifier: Apache-2.0
/* Prints the date by CLOCK_REALTIME_COARSE through libc; every other function must give the same second,
 * or the next.
 */
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

int main(void) {
  struct timespec coarse, fine;
  struct timeval day;
  struct { int64_t seconds, nanoseconds; } called;
  clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
  clock_gettime(CLOCK_REALTIME, &fine);
  gettimeofday(&day, 0);
  syscall(403, CLOCK_REALTIME_COARSE, &called);
  time_t last = time(0);

  struct tm parts;
  char text[32];
  gmtime_r(&coarse.tv_sec, &parts);
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  puts(text);
  CHECK((uint64_t)(fine.tv_sec - coarse.tv_sec) <= 1, "CLOCK_REALTIME differs");
  CHECK((uint64_t)(day.tv_sec - coarse.tv_sec) <= 1, "gettimeofday differs");
  CHECK((uint64_t)(called.seconds - coarse.tv_sec) <= 1, "the system call differs");
  CHECK((uint64_t)(last - coarse.tv_sec) <= 1, "time differs");
  return verdict("date");
}
