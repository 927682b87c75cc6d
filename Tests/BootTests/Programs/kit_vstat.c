// SPDX-License-Identifier: Apache-2.0
/* Calls the kit vstat, and compares what it says with the system calls. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "check.h"
#include "vstat_kit.h"

/* The system calls of this process so far, this one's included. */
static long calls(void) {
  char text[512];
  int file = open("/proc/self/counters", O_RDONLY);
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  text[length > 0 ? length : 0] = 0;
  const char *line = strstr(text, "system_calls ");
  return line ? atol(line + 13) : -1;
}

/* Each answer is that of a system call. */
static void parity(void) {
  struct utsname name;
  struct sysinfo info;
  char board[32], release[32];
  CHECK(uname(&name) == 0 && sysinfo(&info) == 0, "errno %d", errno);
  CHECK(vstat_cpus() == (uint32_t)sysconf(_SC_NPROCESSORS_ONLN), "%u CPUs", vstat_cpus());
  CHECK(vstat_possible_cpus() >= vstat_cpus(), "%u possible CPUs", vstat_possible_cpus());
  CHECK(vstat_page_size() == (uint32_t)sysconf(_SC_PAGESIZE), "%u bytes", vstat_page_size());
  CHECK(vstat_tick_hz() >= 100, "%u Hz", vstat_tick_hz());
  CHECK(vstat_memory() >= (uint64_t)info.totalram * info.mem_unit, "memory %llu",
      (unsigned long long)vstat_memory());
  CHECK(vstat_max_processes() > 1 && vstat_max_regions() > 1, "%u processes, %u regions",
      vstat_max_processes(), vstat_max_regions());
  CHECK(vstat_max_open_files() >= (uint32_t)sysconf(_SC_OPEN_MAX), "%u files",
      vstat_max_open_files());
  CHECK(vstat_release(release, sizeof release) == 0 && !strcmp(release, name.release), "%s", release);
  CHECK(vstat_board(board, sizeof board) == 0 && board[0], "no board");
  CHECK(vstat_board(board, 31) == -KIT_OUT_OF_RANGE, "a short buffer");
}

int main(void) {
  char text[160], board[32];
  CHECK(vstat_cpus() == 0, "a call before binding");
  CHECK(vstat_board(board, 32) == -KIT_NOT_BOUND, "a call before binding");

  for (int i = 0; i < 2; i++) {
    enum kit_error error = vstat_kit_bind();
    vstat_kit_explain(error, text, sizeof text);
    CHECK(error == KIT_NO_ERROR, "%s", text);
  }
  if (!failures) parity();

  long first = calls(), second = calls();
  for (int i = 0; i < 1000; i++) (void)vstat_cpus();
  long third = calls();
  CHECK(first > 0 && third - second == second - first, "%ld system calls", third - second);
  return verdict("vstat");
}
