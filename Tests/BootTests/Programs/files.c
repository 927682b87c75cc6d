// SPDX-License-Identifier: Apache-2.0
/* Reads the files of the initrd, which tools/run made from the folder Files beside this program:
 *
 *     hello (12 bytes), empty, pattern (10,000 bytes), sub/deep (5)
 *
 * and tries paths that do not exist or are not allowed. The root file system is read-only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { PATTERN = 10000 };

static uint8_t pattern(int at) { return (uint8_t)(at * 7 + at / 256); }

static void expect_open(const char *path, int flags, int error) {
  int file = open(path, flags);
  CHECK(error ? file == -1 && errno == error : file >= 0, "open %s: errno %d", path, errno);
  if (file >= 0) close(file);
}

static void content(void) {
  static uint8_t bytes[PATTERN + 100];
  int file = open("/pattern", O_RDONLY), at = 0, wrong = 0;
  for (ssize_t n; (n = read(file, bytes + at, 777)) > 0 && at < PATTERN;) at += (int)n;
  for (int i = 0; i < PATTERN; i++) wrong += bytes[i] != pattern(i);
  CHECK(at == PATTERN && !wrong, "pattern: %d bytes, %d wrong", at, wrong);
  CHECK(read(file, bytes, 1) == 0, "a byte after the end");
  CHECK(lseek(file, 4096, SEEK_SET) == 4096, "seek from the start");
  CHECK(read(file, bytes, 2) == 2 && bytes[0] == pattern(4096), "read after a seek");
  CHECK(lseek(file, 10, SEEK_CUR) == 4108, "seek from here");
  CHECK(lseek(file, -1, SEEK_END) == PATTERN - 1 && read(file, bytes, 9) == 1, "seek from the end");
  CHECK(lseek(file, -1, SEEK_SET) == -1 && errno == EINVAL, "seek before the start");
  CHECK(write(file, bytes, 1) == -1 && errno == EBADF, "written to, opened for reading");
  CHECK(close(file) == 0 && close(file) == -1 && errno == EBADF, "closed twice");
  CHECK(read(file, bytes, 1) == -1 && errno == EBADF, "read when closed");
}

static void attributes(void) {
  struct stat s;
  CHECK(stat("/pattern", &s) == 0 && s.st_size == PATTERN && S_ISREG(s.st_mode), "stat pattern");
  CHECK(stat("/empty", &s) == 0 && s.st_size == 0, "stat empty");
  CHECK(stat("/sub", &s) == 0 && S_ISDIR(s.st_mode), "stat sub");
  CHECK(stat("/missing", &s) == -1 && errno == ENOENT, "stat missing");
  int file = open("/sub/deep", O_RDONLY);
  CHECK(fstat(file, &s) == 0 && s.st_size == 5, "fstat sub/deep: %lld", (long long)s.st_size);
  close(file);
}

static void by_stdio(void) {
  char line[32] = "";
  FILE *file = fopen("/hello", "r");
  CHECK(file && fgets(line, sizeof line, file), "fgets");
  CHECK(!strcmp(line, "hello, file\n"), "hello: %s", line);
  CHECK(file && fseek(file, 7, SEEK_SET) == 0 && fgetc(file) == 'f', "fseek");
  if (file) fclose(file);
}

int main(void) {
  char name[300];
  content();
  attributes();
  by_stdio();
  expect_open("/init", O_RDONLY, 0);
  expect_open("/empty", O_RDONLY, 0);
  expect_open("/sub/../sub/./deep", O_RDONLY, 0);
  expect_open("sub/deep", O_RDONLY, 0);
  expect_open("/", O_RDONLY | O_DIRECTORY, 0);
  expect_open("/missing", O_RDONLY, ENOENT);
  expect_open("/sub/missing", O_RDONLY, ENOENT);
  expect_open("", O_RDONLY, ENOENT);
  expect_open("/hello/below", O_RDONLY, ENOTDIR);
  expect_open("/hello", O_RDONLY | O_DIRECTORY, ENOTDIR);
  expect_open("/sub", O_WRONLY, EISDIR);
  expect_open("/hello", O_WRONLY, 0);
  expect_open("/proc/new", O_WRONLY | O_CREAT, EROFS);
  memset(name, 'x', sizeof name - 1);
  name[0] = '/', name[sizeof name - 1] = 0;
  expect_open(name, O_RDONLY, ENAMETOOLONG);
  CHECK(open("/hello", O_RDONLY) == 3, "the lowest free descriptor is not used");

  int last = 3, file;
  while ((file = open("/hello", O_RDONLY)) >= 0 && file < 5000) last = file;
  CHECK(errno == EMFILE && last >= 15, "descriptors end at %d with errno %d", last, errno);
  return verdict("files");
}
