// SPDX-License-Identifier: Apache-2.0
/* execve and vfork: arguments, environment, descriptors that stay open, and the state after a failure.
 * Numbers are Linux's answers. Started without arguments, it starts itself with a word for each test. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static const char *self = "/init";
enum { LENGTHS = 300 };

static int run(char *const arguments[], char *const environment[]) {
  int status;
  pid_t child = vfork();
  if (child == 0) {
    execve(self, arguments, environment);
    _exit(99);
  }
  return waitpid(child, &status, 0) == child ? status : -1;
}

static void failures_leave_all_as_it_was(void) {
  char *const some[] = {"x", 0};
  struct { const char *path; char *const *arguments, *const *environment; int error; } cases[] = {
      {"/missing", some, some, ENOENT},     {"", some, some, ENOENT},
      {"/dev", some, some, EACCES},         {"/dev/null", some, some, EACCES},
      {"/init/x", some, some, ENOTDIR},     {(char *)8, some, some, EFAULT},
      {self, (char **)8, some, EFAULT},     {self, some, (char **)8, EFAULT},
      {self, (char *[]){(char *)8, 0}, some, EFAULT},
  };
  volatile int data = 5;
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
    CHECK(execve(cases[i].path, cases[i].arguments, cases[i].environment) == -1 &&
              errno == cases[i].error && data == 5, "case %u: %d", i, errno);
  char *big = malloc(140000);
  memset(big, 'a', 139999), big[139999] = 0;
  CHECK(execve(self, (char *[]){big, 0}, some) == -1 && errno == E2BIG, "a long string: %d", errno);
  big[100000] = 0;
  char *many[40];
  for (int i = 0; i < 39; i++) many[i] = big;
  many[39] = 0;
  CHECK(execve(self, many, some) == -1 && errno == E2BIG, "many strings: %d", errno);
  free(big);
}

static void arguments_arrive(void) {
  char *const arguments[] = {"me", "arguments", "", "three words here", 0};
  char *const environment[] = {"A=1", "B=", 0};
  CHECK(run(arguments, environment) == 0, "arguments");
}

/* Fills `text` with as many letters as its index says. */
static char *of_length(int length, char text[LENGTHS]) {
  for (int i = 0; i < length; i++) text[i] = (char)('a' + (i + length) % 26);
  text[length] = 0;
  return text;
}

/* The kernel copies strings in pieces: each length arrives, around each multiple of a piece, too. */
static void lengths_arrive(void) {
  static char texts[LENGTHS][LENGTHS];
  static char *arguments[LENGTHS + 3] = {"me", "lengths"};
  for (int length = 0; length < LENGTHS; length++)
    arguments[length + 2] = of_length(length, texts[length]);
  CHECK(run(arguments, environ) == 0, "lengths");
}

static void descriptors(void) {
  int kept = open(self, O_RDONLY), closed = open(self, O_RDONLY | O_CLOEXEC);
  char numbers[2][12];
  sprintf(numbers[0], "%d", kept), sprintf(numbers[1], "%d", closed);
  char *const arguments[] = {"me", "descriptors", numbers[0], numbers[1], 0};
  CHECK(run(arguments, environ) == 0, "descriptors");
  close(kept), close(closed);
}

static void handler(int number) {}

static void signals(void) {
  signal(SIGUSR1, handler), signal(SIGUSR2, SIG_IGN);
  char *const arguments[] = {"me", "signals", 0};
  CHECK(run(arguments, environ) == 0, "signals");
  signal(SIGUSR1, SIG_DFL), signal(SIGUSR2, SIG_DFL);
}

static void *rest(void *unused) {
  for (;;) usleep(1000);
}

static void *execute(void *unused) {
  char *const arguments[] = {"me", "alone", (char *)unused, 0};
  execve(self, arguments, environ);
  _exit(98);
}

/* An exec by a thread that is not the first ends the others and takes the process's number. */
static void by_a_thread(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    char number[12];
    pthread_t thread;
    sprintf(number, "%d", getpid());
    pthread_create(&thread, 0, rest, 0);
    pthread_create(&thread, 0, execute, number);
    rest(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0, "by a thread: %x", status);
}

static void vfork_shares(void) {
  volatile int data = 1;
  pid_t child = vfork();
  if (child == 0) {
    data = 2;
    _exit(0);
  }
  CHECK(data == 2 && waitpid(child, 0, 0) == child, "data %d", data);
}

static void many(void) {
  struct sysinfo before, after;
  char *const arguments[] = {"me", "nothing", 0};
  sysinfo(&before);
  for (int i = 0; i < 300; i++)
    if (run(arguments, environ) != 0) {
      CHECK(0, "round %d", i);
      break;
    }
  sysinfo(&after);
  CHECK(before.freeram == after.freeram, "%ld bytes are missing",
        (long)(before.freeram - after.freeram));
}

static int as_child(int argc, char **argv) {
  const char *what = argv[1];
  if (!strcmp(what, "nothing")) return 0;
  if (!strcmp(what, "arguments"))
    return !(argc == 4 && !strcmp(argv[0], "me") && !*argv[2] &&
             !strcmp(argv[3], "three words here") && !argv[4] && !strcmp(environ[0], "A=1") &&
             !strcmp(environ[1], "B=") && !environ[2] &&
             !strcmp((char *)getauxval(AT_EXECFN), self));
  if (!strcmp(what, "descriptors"))
    return !(fcntl(atoi(argv[2]), F_GETFD) == 0 && fcntl(atoi(argv[3]), F_GETFD) == -1);
  if (!strcmp(what, "signals"))
    return !(signal(SIGUSR1, SIG_DFL) == SIG_DFL && signal(SIGUSR2, SIG_DFL) == SIG_IGN);
  if (!strcmp(what, "lengths")) {
    char text[LENGTHS];
    for (int length = 0; length < LENGTHS; length++)
      if (strcmp(argv[length + 2], of_length(length, text))) return 1;
    return argc != LENGTHS + 2;
  }
  if (!strcmp(what, "alone")) return !(getpid() == atoi(argv[2]) && gettid() == getpid());
  return 97;
}

int main(int argc, char **argv) {
  if (argc > 1) return as_child(argc, argv);
  failures_leave_all_as_it_was();
  arguments_arrive();
  lengths_arrive();
  descriptors();
  signals();
  by_a_thread();
  vfork_shares();
  many();
  return verdict("proc_exec");
}
