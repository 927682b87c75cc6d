// SPDX-License-Identifier: Apache-2.0
/* Capabilities, and the calls for identities of 16 bits: every line as Linux 6.1 prints it, in
   identities.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "answers.h"

/* The numbers of the old table, which libcs no longer name. */
enum { lchown16 = 16, setuid16 = 23, getuid16 = 24, setgid16 = 46, getgid16 = 47, geteuid16 = 49, getegid16 = 50,
  setreuid16 = 70, setregid16 = 71, getgroups16 = 80, setgroups16 = 81, fchown16 = 95, setfsuid16 = 138,
  setfsgid16 = 139, setresuid16 = 164, getresuid16 = 165, setresgid16 = 170, getresgid16 = 171, chown16 = 182 };

static struct { uint32_t version; int pid; } header;
static uint32_t sets[6];

static void show(void) {
  printf("  version %x, sets %x %x %x, %x %x %x\n", header.version, sets[0], sets[1], sets[2], sets[3], sets[4], sets[5]);
}
static long get(uint32_t version, int pid) {
  header.version = version, header.pid = pid;
  memset(sets, 0x55, sizeof sets);
  return syscall(SYS_capget, &header, sets);
}
static long set(uint32_t version, int pid, uint32_t effective, uint32_t permitted) {
  header.version = version, header.pid = pid;
  sets[0] = effective, sets[1] = permitted, sets[3] = effective & 0x1ff, sets[4] = permitted & 0x1ff, sets[2] = sets[5] = 0;
  return syscall(SYS_capset, &header, sets);
}
static uint16_t three[4];
static void identities(void) {
  printf("  %x %x %x %x\n", three[0], three[1], three[2], three[3]);
  memset(three, 0x55, sizeof three);
}
static void owner(const char *path) {
  struct stat status;
  lstat(path, &status);
  printf("  of %u, group %u\n", (unsigned)status.st_uid, (unsigned)status.st_gid);
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  uint32_t one = 0x19980330, two = 0x20071026, three_ = 0x20080522;
  SAY(get(three_, 0)); show();
  SAY(get(two, 0)); show();
  SAY(get(one, 0)); show();
  SAY(get(three_, getpid()));
  SAY(get(three_, 32000));
  SAY(get(three_, -1));
  SAY(get(0, 0)); show();
  SAY(get(0x20080523, -1)); show();
  header.version = 0, header.pid = 0;
  SAY(syscall(SYS_capget, &header, 0)); show();
  header.version = three_, header.pid = 0;
  SAY(syscall(SYS_capget, &header, 0));
  header.pid = -1;
  SAY(syscall(SYS_capget, &header, 0));
  header.pid = 0;
  SAY(syscall(SYS_capget, &header, 8));
  SAY(syscall(SYS_capget, 8, sets));
  SAY(syscall(SYS_capget, 8, 0));
  SAY(syscall(SYS_capget, 0, 0));
  SAY(set(three_, 0, ~0u, ~0u));
  SAY(set(two, 0, ~0u, ~0u));
  SAY(set(three_, getpid(), ~0u, ~0u));
  SAY(set(three_, 1 + getpid(), ~0u, ~0u));
  SAY(set(three_, -1, ~0u, ~0u));
  SAY(set(three_, 0, ~0u, 0));
  SAY(set(7, 0, ~0u, ~0u)); show();
  header.version = three_, header.pid = 0;
  SAY(syscall(SYS_capset, &header, 8));
  SAY(syscall(SYS_capset, &header, 0));
  SAY(syscall(SYS_capset, 8, sets));
  header.version = 7;
  SAY(syscall(SYS_capset, &header, 0)); show();
  SAY(get(three_, 0)); show();

  SAY(syscall(getuid16)); SAY(syscall(getgid16)); SAY(syscall(geteuid16)); SAY(syscall(getegid16));
  SAY(syscall(setuid16, 0)); SAY(syscall(setuid16, 0xffff)); SAY(syscall(setuid16, -1)); SAY(syscall(setuid16, 0x10000));
  SAY(syscall(setgid16, 0)); SAY(syscall(setgid16, 0xffff)); SAY(syscall(setgid16, -1)); SAY(syscall(setgid16, 0xabc0000));
  SAY(syscall(setreuid16, 0, 0xffff)); SAY(syscall(setreuid16, 0xffff, -1)); SAY(syscall(setreuid16, -1, 0x10000));
  SAY(syscall(setregid16, 0, 0xffff)); SAY(syscall(setregid16, 0xffff, -1)); SAY(syscall(setregid16, -1, 0x10000));
  SAY(syscall(setresuid16, 0, 0xffff, -1)); SAY(syscall(setresuid16, 0x10000, 0x20000, 0xffff));
  SAY(syscall(setresgid16, 0, 0xffff, -1)); SAY(syscall(setresgid16, 0x10000, 0x20000, 0xffff));
  SAY(syscall(setfsuid16, 0)); SAY(syscall(setfsgid16, 0)); SAY(syscall(setfsuid16, 0xffff));
  memset(three, 0x55, sizeof three);
  SAY(syscall(getresuid16, three, three + 1, three + 2)); identities();
  SAY(syscall(getresgid16, three, three + 1, three + 2)); identities();
  SAY(syscall(getresuid16, three, 8, three + 2)); identities();
  SAY(syscall(getresgid16, three, three + 1, 0)); identities();
  SAY(syscall(setgroups16, 0, 0));
  SAY(syscall(getgroups16, 0, 0)); SAY(syscall(getgroups16, -1, 0)); SAY(syscall(getgroups16, 4, 0));
  memset(three, 0, sizeof three), three[3] = 0xffff;
  SAY(syscall(setgroups16, 3, three)); SAY(syscall(setgroups16, 4, three)); SAY(syscall(setgroups16, 1, 8));
  SAY(syscall(setgroups16, 70000, three)); SAY(syscall(setgroups16, -1, three));

  int file = open("/owned", O_RDWR | O_CREAT, 0644);
  symlink("owned", "/link");
  SAY(syscall(chown16, "/owned", 1, 2)); owner("/owned");
  SAY(syscall(chown16, "/link", 0xffff, 3)); owner("/owned");
  SAY(syscall(lchown16, "/link", 4, -1)); owner("/link"); owner("/owned");
  SAY(syscall(fchown16, file, 0x10005, 0xffff)); owner("/owned");
  SAY(syscall(fchown16, -1, 0, 0)); SAY(syscall(chown16, "/none", 0, 0)); SAY(syscall(chown16, 8, 0, 0));
  return 0;
}
