/* A clock read into memory that is not there: by system call EFAULT,
 * from the vDSO a fault of the program itself, as on Linux. The argument is the clock.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"

int main(int argc, char **argv) {
  int id = argc > 1 ? atoi(argv[1]) : 0;
  void *bad = argc > 2 ? (void *)0xdeadb000 : 0;
  int (*read)(int, void *) = (int (*)(int, void *))(uintptr_t)vdso_symbol("__vdso_clock_gettime64");
  long result = read ? read(id, bad) : syscall(403, id, bad);
  printf("%ld, %s\n", result, errno == EFAULT ? "EFAULT" : "another error");
  return 0;
}
