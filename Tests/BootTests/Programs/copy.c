// SPDX-License-Identifier: Apache-2.0
/* Copies the file that its argument names to standard output. */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static char bytes[1000];
  int file = open(argc > 1 ? argv[1] : "/dev/null", O_RDONLY);
  ssize_t count;
  while ((count = read(file, bytes, sizeof bytes)) > 0) write(1, bytes, count);
  return count < 0;
}
