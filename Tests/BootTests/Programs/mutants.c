// SPDX-License-Identifier: Apache-2.0
/* Runs the programs /m/0000 to /m/0399 one after the other and prints how each ended: a character for each, in
 * rows of 50. 7: as expected; E: not run, with ENOEXEC; e: not run for another reason; S, B, I, K, A: by SIGSEGV,
 * SIGBUS, SIGILL, SIGKILL, or an alarm after 20 seconds; x: something else. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  for (int number = 0; number < 400; number++) {
    char path[16], *arguments[] = {path, 0};
    int status = 0;
    snprintf(path, sizeof path, "/m/%04d", number);
    pid_t child = fork();
    if (!child) {
      alarm(20);
      execve(path, arguments, arguments + 1);
      _exit(errno == ENOEXEC ? 100 : 101);
    }
    waitpid(child, &status, 0);
    char end = 'x';
    if (WIFEXITED(status)) {
      int code = WEXITSTATUS(status);
      end = code == 7 ? '7' : code == 100 ? 'E' : code == 101 ? 'e' : 'x';
    } else {
      switch (WTERMSIG(status)) {
        case SIGSEGV: end = 'S'; break;
        case SIGBUS: end = 'B'; break;
        case SIGILL: end = 'I'; break;
        case SIGKILL: end = 'K'; break;
        case SIGALRM: end = 'A'; break;
      }
    }
    putchar(end);
    if (number % 50 == 49) putchar('\n');
  }
  return 0;
}
