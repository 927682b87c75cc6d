// SPDX-License-Identifier: Apache-2.0
/* Defects of the LiteOS kernel, by number, as a program sees them: the first argument selects one. The
 * expectations are Linux's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"

enum { SECOND = 1000000000, TICK = 1000000 };
enum { GETTIMEOFDAY = 78, SETTIMEOFDAY = 79, SLEEP = 162, GETTIME = 263, GETRES = 264 };
enum { UNSHARE = 337, GETTIME64 = 403, SETTIME64 = 404, ADJTIME64 = 405, GETRES64 = 406 };
struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
typedef int two(uintptr_t first, void *second);

static int64_t by_call(int id) {
  struct time64 time = {-1, -1};
  CHECK(syscall(GETTIME64, id, &time) == 0, "clock %d: errno %d", id, errno);
  return time.seconds * SECOND + time.nanoseconds;
}

static int64_t by_page(int id) {
  two *wide = (two *)vdso_symbol("__vdso_clock_gettime64");
  struct time64 time = {-1, -1};
  CHECK(wide && wide(id, &time) == 0, "clock %d has no answer", id);
  return time.seconds * SECOND + time.nanoseconds;
}

/* 5: nothing refreshed the page when idling ended. */
static void idle(void) {
  for (int i = 1; i <= 40; i++) {
    struct time32 pause = {0, i * 777777};
    syscall(SLEEP, &pause, 0);
    int64_t coarse = by_page(6), fine = by_page(1);
    CHECK(fine - coarse < TICK + 100000, "after %d ns coarse time is %lld ns late", pause.nanoseconds,
          (long long)(fine - coarse));
  }
}

/* 6: setting and adjusting the clock did not refresh it. */
static void set(void) {
  for (int i = 0; i < 20; i++) {
    struct time64 to = {1700000000 + i * 1000, 123456789};
    CHECK(syscall(SETTIME64, 0, &to) == 0, "clock_settime: errno %d", errno);
    int64_t wanted = to.seconds * SECOND + to.nanoseconds, read = by_page(5);
    CHECK(read >= wanted && read < wanted + 2 * TICK, "clock_settime: coarse is %lld off",
          (long long)(read - wanted));
    struct time32 day = {1600000000 + i * 1000, 500000};
    CHECK(syscall(SETTIMEOFDAY, &day, 0) == 0, "settimeofday: errno %d", errno);
    wanted = (int64_t)day.seconds * SECOND + day.nanoseconds * 1000ll, read = by_page(5);
    CHECK(read >= wanted && read < wanted + 2 * TICK, "settimeofday: coarse is %lld off",
          (long long)(read - wanted));
  }
  int64_t request[26] = {0};  /* struct timex with 64-bit time: modes, …, time at 9 and 10. */
  ((uint32_t *)request)[0] = 0x0100;  /* ADJ_SETOFFSET, by 5 s */
  request[9] = 5;
  int64_t before = by_page(5);
  CHECK(syscall(ADJTIME64, 0, request) >= 0, "clock_adjtime: errno %d", errno);
  int64_t moved = by_page(5) - before;
  CHECK(moved >= 5ll * SECOND && moved < 5ll * SECOND + 3 * TICK, "clock_adjtime: coarse by %lld",
        (long long)moved);
}

/* 7: with the vDSO off the coarse clocks did not exist. */
static void coarse_by_call(void) {
  for (int id = 5; id <= 6; id++) {
    int64_t coarse = by_call(id), fine = by_call(id - 5);
    CHECK(fine >= coarse && fine - coarse < 100 * TICK, "clock %d: %lld late", id,
          (long long)(fine - coarse));
    struct time64 resolution = {-1, -1};
    CHECK(syscall(GETRES64, id, &resolution) == 0 && resolution.nanoseconds == TICK, "getres %d", id);
  }
}

/* 12: offsets of a time container were in the call and not in the page. There is no such container,
 * and none can be made, so that both always agree. */
static void container(void) {
  CHECK(syscall(UNSHARE, 0x80) == -1, "CLONE_NEWTIME was granted");
  CHECK(errno == ENOSYS || errno == EINVAL || errno == EPERM, "unshare: errno %d", errno);
  CHECK(open("/proc/self/timens_offsets", O_WRONLY) == -1, "offsets can be set");
  for (int id = 1; id <= 7; id += 6) {
    int64_t before = by_call(id), read = by_page(id), after = by_call(id);
    CHECK(before <= read && read <= after, "clock %d differs", id);
  }
}

/* 13: the old numbers wrote 16 bytes into buffers of 8. */
static void old_numbers(void) {
  struct { struct time32 time; uint32_t guard[4]; } buffer;
  static const uint32_t guard[4] = {0xfeedface, 0xdeadbeef, 0x12345678, 0xcafebabe};
  two *functions[] = {
      (two *)vdso_symbol("__vdso_clock_gettime"), (two *)vdso_symbol("__vdso_clock_getres"),
  };
  for (int i = 0; i < 2; i++)
    for (int id = 0; id <= 11; id++) {
      if (id == 10) continue;
      memcpy(buffer.guard, guard, sizeof guard);
      CHECK(syscall(i ? GETRES : GETTIME, id, &buffer) == 0, "clock %d: errno %d", id, errno);
      CHECK(!memcmp(buffer.guard, guard, sizeof guard), "clock %d: more than 8 bytes", id);
      if (functions[i]) functions[i](id, &buffer);
      CHECK(!memcmp(buffer.guard, guard, sizeof guard), "clock %d: more than 8 bytes, vDSO", id);
    }
  CHECK(syscall(GETTIMEOFDAY, &buffer, 0) == 0, "gettimeofday: errno %d", errno);
  CHECK(!memcmp(buffer.guard, guard, sizeof guard), "gettimeofday: more than 8 bytes");
  two *day = (two *)vdso_symbol("__vdso_gettimeofday");
  if (day) day((uintptr_t)&buffer, 0);
  CHECK(!memcmp(buffer.guard, guard, sizeof guard), "gettimeofday: more than 8 bytes, vDSO");
}

/* 14: AT_RANDOM had 4 bytes and AT_HWCAP was 0. Prints the bytes, so that boots can be compared. */
static void vector(void) {
  const unsigned char *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
  CHECK(random, "no AT_RANDOM");
  int same = 0;
  for (int i = 0; i < 16; i++) same += random[i] == random[0];
  CHECK(same < 8, "AT_RANDOM is not random");
  printf("random:");
  for (int i = 0; i < 16; i++) printf(" %02x", random[i]);
  printf("\n");
  unsigned long needed = 1 << 1 | 1 << 2 | 1 << 6 | 1 << 12 | 1 << 13 | 1 << 15;
  CHECK((getauxval(AT_HWCAP) & needed) == needed, "AT_HWCAP lacks half, thumb, vfp, neon, vfpv3 or tls: %lx",
        getauxval(AT_HWCAP));
}

/* 15: 64 MiB were managed whatever there was, and the frequency register was overwritten. The second
 * argument is the machine's memory in MiB. */
static void machine(long mebibytes) {
  char text[512] = "";
  int file = open("/proc/meminfo", O_RDONLY);
  read(file, text, sizeof text - 1);
  long total = strtol(text + strcspn(text, "0123456789"), 0, 10) / 1024;
  CHECK(total > mebibytes - 6 && total <= mebibytes, "%ld MiB of %ld are managed", total, mebibytes);
  uint32_t hertz;
  __asm__ volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(hertz));
  CHECK(hertz == 62500000, "the frequency register says %u", hertz);
}

/* 16: programs could not read the counter. They read the virtual one, and no other. */
static uint64_t counter(void) {
  uint64_t count;
  __asm__ volatile("isb\n\tmrrc p15, 1, %Q0, %R0, c14" : "=r"(count));
  return count;
}

static void counters(void) {
  int64_t begun = by_call(4);
  uint64_t first = counter();
  while (by_call(4) - begun < 20 * TICK) {}
  uint64_t second = counter();
  int64_t took = by_call(4) - begun, counted = (second - first) * 16;
  CHECK(counted <= took && took - counted < 5 * TICK, "%lld ns by the counter, %lld by the call",
        (long long)counted, (long long)took);
}

int main(int argc, char **argv) {
  int number = argc > 1 ? atoi(argv[1]) : 0;
  switch (number) {
    case 5: idle(); break;
    case 6: set(); break;
    case 7: coarse_by_call(); break;
    case 12: container(); break;
    case 13: old_numbers(); break;
    case 14: vector(); break;
    case 15: machine(argc > 2 ? atol(argv[2]) : 0); break;
    case 16: counters(); break;
    case 99:  /* The physical counter, which programs may not read. */
      __asm__ volatile("mrrc p15, 0, r2, r3, c14" ::: "r2", "r3");
      break;
    default: CHECK(0, "no such defect");
  }
  return verdict("liteos_defects");
}
