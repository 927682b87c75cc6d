// SPDX-License-Identifier: Apache-2.0
/* System calls that signals interrupt, calls that send and wait for signals, and the signals of children and
 * threads.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include "signals.h"

static void quiet(int number) { (void)number; }

static void queue(void) {
  union sigval value;
  count = 0;
  act(40, full, SA_SIGINFO, 0), act(SIGUSR1, plain, 0, 0);
  uint64_t old = mask(SIG_BLOCK, bit(40) | bit(41) | bit(SIGUSR1));
  for (int i = 1; i <= 3; i++) value.sival_int = i, sigqueue(getpid(), 40, value), sigqueue(getpid(), SIGUSR1, value);
  CHECK(pending() == (bit(40) | bit(SIGUSR1)), "pending");
  siginfo_t taken;
  uint64_t forty = bit(40);
  struct timespec none = {0, 0}, soon = {0, 3000000};
  memset(&taken, 0x5a, sizeof taken);
  CHECK(syscall(SYS_rt_sigtimedwait, &forty, &taken, 0, 8) == 40 && taken.si_value.sival_int == 1 &&
            taken.si_code == SI_QUEUE && taken.si_pid == getpid(), "first: %d", taken.si_value.sival_int);
  CHECK(((char *)&taken)[127] == 0, "all of it is written");
  CHECK(sigtimedwait((sigset_t *)&forty, &taken, &none) == 40 && taken.si_value.sival_int == 2, "second");
  mask(SIG_SETMASK, old);
  CHECK(count == 2 && info.si_value.sival_int == 3, "%d, third: %d", count, info.si_value.sival_int);
  mask(SIG_BLOCK, bit(40) | bit(41));
  CHECK(sigtimedwait((sigset_t *)&forty, 0, &none) == -1 && errno == EAGAIN, "none: %d", errno);
  uint64_t start = now();
  CHECK(sigtimedwait((sigset_t *)&forty, 0, &soon) == -1 && errno == EAGAIN && now() - start >= 3000000, "%d", errno);
  /* Another signal ends the wait. */
  act(SIGALRM, plain, SA_RESTART, 0);
  every_ms(3);
  CHECK(syscall(SYS_rt_sigtimedwait, &forty, 0, 0, 8) == -1 && errno == EINTR, "interrupted: %d", errno);
  every_ms(0);
  /* One that comes while it waits, though it is blocked. */
  struct itimerval timer = {{0, 0}, {0, 3000}};
  uint64_t alarm = bit(SIGALRM);
  mask(SIG_BLOCK, alarm);
  count = 0, setitimer(ITIMER_REAL, &timer, 0);
  CHECK(sigwaitinfo((sigset_t *)&alarm, &taken) == SIGALRM && taken.si_code == SI_KERNEL && count == 0, "%d", taken.si_code);
  /* The numbers that a signal may have for other processes. */
  siginfo_t forged = {.si_code = SI_USER};
  CHECK(syscall(SYS_rt_sigqueueinfo, getppid() ? getppid() : 1, 0, &forged) == -1 && errno == EPERM, "%d", errno);
  forged.si_code = SI_TKILL;
  CHECK(syscall(SYS_rt_sigqueueinfo, getppid() ? getppid() : 1, 0, &forged) == -1 && errno == EPERM, "%d", errno);
  forged.si_code = -60, forged.si_signo = 7;
  CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), 41, &forged) == 0, "%d", errno);
  uint64_t next = bit(41);
  CHECK(sigtimedwait((sigset_t *)&next, &taken, &none) == 41 && taken.si_code == -60 && taken.si_signo == 41, "%d", taken.si_code);
  CHECK(syscall(SYS_rt_sigqueueinfo, 9999, 41, &forged) == -1 && errno == ESRCH, "%d", errno);
  CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &forged) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigqueueinfo, getpid(), 41, 16) == -1 && errno == EFAULT, "%d", errno);
  CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid(), 0, 41, &forged) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_tgsigqueueinfo, getpid() + 500, getpid(), 41, &forged) == -1 && errno == ESRCH, "%d", errno);
  /* A timer's signals carry its value. */
  timer_t id;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 41, .sigev_value.sival_int = 77};
  struct itimerspec spec = {{0, 2000000}, {0, 2000000}};
  timer_create(CLOCK_MONOTONIC, &event, &id), timer_settime(id, 0, &spec, 0);
  CHECK(sigwaitinfo((sigset_t *)&next, &taken) == 41 && taken.si_code == SI_TIMER && taken.si_value.sival_int == 77, "%d", taken.si_code);
  struct timespec a_while = {0, 11000000};
  nanosleep(&a_while, 0);
  CHECK(sigwaitinfo((sigset_t *)&next, &taken) == 41 && taken.si_overrun >= 3, "overrun %d", taken.si_overrun);
  CHECK(timer_getoverrun(id) == taken.si_overrun, "%d", timer_getoverrun(id));
  timer_delete(id);
  mask(SIG_SETMASK, old);
  act(40, SIG_DFL, 0, 0);
}

/* The result of a call that a signal interrupts after 3 ms; -1: it ran to its end. */

static int interrupted(int (*call)(void), unsigned long flags, void *handler) {
  act(SIGALRM, handler, flags, 0);
  count = 0;
  every_ms(3);
  errno = 0;
  int error = call() == -1 ? errno : 0;
  every_ms(0);
  return error;
}
static int sleep_long(void) { struct timespec t = {0, 12000000}; return nanosleep(&t, 0); }
static struct timespec left;
static int sleep_left(void) { struct timespec t = {100, 0}; return nanosleep(&t, &left); }
static int sleep_clock(void) { struct timespec t = {0, 12000000}; return (errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &left)) ? -1 : 0; }
static int sleep_until(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  if ((t.tv_nsec += 12000000) >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
  return (errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0)) ? -1 : 0;
}
static int word;
static int futex(void) { struct timespec t = {0, 12000000}; return syscall(SYS_futex_time64, &word, 0, 0, &t); }
static int futex_long(void) { return syscall(SYS_futex_time64, &word, 0, 0, 0); }
static void free_futex(int number) { plain(number), word = 1; }
static int wait_child(void) {
  int child = fork();
  if (!child) { struct timespec t = {0, 40000000}; nanosleep(&t, 0), _exit(5); }
  int status = 0, r = waitpid(child, &status, 0), error = errno;
  if (r == -1) waitpid(child, &status, 0), errno = error;
  return r;
}
static int poll_none(void) { return syscall(SYS_poll, 0, 0, 12); }
static int suspend(void) { uint64_t none = 0; return syscall(SYS_rt_sigsuspend, &none, 8); }
static void restarts(void) {
  static const struct { const char *name; int (*call)(void); int plain, restart, ignored; } calls[] = {
      {"nanosleep", sleep_long, EINTR, EINTR, 0}, {"clock_nanosleep", sleep_clock, EINTR, EINTR, 0},
      {"absolute", sleep_until, EINTR, EINTR, 0}, {"futex", futex, EINTR, EINTR, ETIMEDOUT},
      {"wait", wait_child, EINTR, 0, 0}, {"poll", poll_none, EINTR, EINTR, 0},
      {"pause", pause, EINTR, EINTR, -1}, {"suspend", suspend, EINTR, EINTR, -1},
  };
  word = 0;
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
    int r = interrupted(calls[i].call, 0, plain);
    CHECK(r == calls[i].plain && count > 0, "%s: %d", calls[i].name, r);
    r = interrupted(calls[i].call, SA_RESTART, plain);
    CHECK(r == calls[i].restart && count > 0, "%s, SA_RESTART: %d", calls[i].name, r);
    if (calls[i].ignored < 0) continue;
    uint64_t start = now();
    r = interrupted(calls[i].call, 0, SIG_IGN);
    CHECK(r == calls[i].ignored && now() - start >= 12000000, "%s, ignored: %d", calls[i].name, r);
  }
  CHECK(interrupted(futex_long, 0, plain) == EINTR, "futex without an end");
  CHECK(interrupted(futex_long, SA_RESTART, free_futex) == EAGAIN && count > 0, "futex made again: %d", errno);
  word = 0;
  CHECK(interrupted(sleep_left, 0, plain) == EINTR && left.tv_sec == 99 && left.tv_nsec > 900000000 && left.tv_nsec < 998000000,
        "left: %d.%09ld", (int)left.tv_sec, left.tv_nsec);
  left.tv_sec = left.tv_nsec = -1;
  interrupted(sleep_clock, 0, plain);
  CHECK(left.tv_sec == 0 && left.tv_nsec > 1000000 && left.tv_nsec < 10000000, "left: %ld", left.tv_nsec);
  CHECK(syscall(SYS_restart_syscall) == -1 && errno == EINTR, "restart_syscall: %d", errno);
  /* Two signals while one call waits, both without a handler: it still ends when it should. */
  uint64_t start = now();
  act(SIGALRM, SIG_IGN, 0, 0);
  every_ms(2);
  CHECK(sleep_long() == 0 && now() - start >= 12000000 && now() - start < 40000000, "%d", errno);
  every_ms(0);
}

static volatile int child_count;
static void on_child(int number, siginfo_t *given, void *where) { full(number, given, where), child_count++; }
static void children(void) {
  int status;
  act(SIGCHLD, on_child, SA_SIGINFO | SA_RESTART, 0);
  child_count = 0;
  int child = fork();
  if (!child) _exit(7);
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7, "%x", status);
  CHECK(child_count == 1 && info.si_code == CLD_EXITED && info.si_pid == child && info.si_status == 7, "%d %d", child_count, info.si_code);
  child = fork();
  if (!child) for (;;) pause();
  CHECK(kill(child, 0) == 0 && kill(child, SIGTERM) == 0, "kill");
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "%x", status);
  CHECK(child_count == 2 && info.si_code == CLD_KILLED && info.si_status == SIGTERM, "%d", info.si_code);
  child = fork();
  if (!child) { mask(SIG_BLOCK, ~0ull); for (;;) sched_yield(); }
  kill(child, SIGTERM), kill(child, SIGKILL);
  CHECK(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGKILL, "%x", status);
  /* Signals may be sent to a zombie; a child inherits its parent's actions and mask, and no pending signal. */
  act(SIGUSR1, plain, 0, 0);
  uint64_t old = mask(SIG_BLOCK, bit(SIGUSR1));
  send(SIGUSR1);
  child = fork();
  if (!child) {
    struct kernel_action action;
    syscall(SYS_rt_sigaction, SIGUSR1, 0, &action, 8);
    _exit(pending() == 0 && action.handler == (void *)plain && mask(SIG_BLOCK, 0) & bit(SIGUSR1) ? 0 : 1);
  }
  siginfo_t ended;
  CHECK(waitid(P_PID, child, &ended, WEXITED | WNOWAIT) == 0 && kill(child, SIGTERM) == 0 && kill(child, 99) == -1 && errno == EINVAL, "zombie");
  CHECK(waitpid(child, &status, 0) == child && status == 0, "%x", status);
  CHECK(kill(child, 0) == -1 && errno == ESRCH, "%d", errno);
  CHECK(kill(child, 99) == -1 && errno == ESRCH, "%d", errno);
  mask(SIG_SETMASK, old);
  /* Groups. */
  child = fork();
  if (!child) for (;;) pause();
  int other = fork();
  if (!other) for (;;) pause();
  int is_group = setpgid(child, child) == 0 && setpgid(other, child) == 0;
  CHECK(kill(-child, SIGINT) == (is_group ? 0 : -1), "%d", errno);
  kill(child, SIGINT), kill(other, SIGINT);
  CHECK(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGINT && waitpid(other, &status, 0) == other && WTERMSIG(status) == SIGINT, "%x", status);
  CHECK(kill(-9999, 0) == -1 && errno == ESRCH, "%d", errno);
  act(SIGCHLD, SIG_IGN, 0, 0);
  child = fork();
  if (!child) _exit(0);
  CHECK(waitpid(child, &status, 0) == -1 && errno == ECHILD, "%d", errno);
  act(SIGCHLD, SIG_DFL, 0, 0);
  /* abort and raise of the libc. */
  child = fork();
  if (!child) abort();
  CHECK(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGABRT, "%x", status);
  child = fork();
  if (!child) { signal(SIGABRT, quiet); abort(); }
  CHECK(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGABRT, "%x", status);
  count = 0, signal(SIGUSR1, plain), raise(SIGUSR1);
  CHECK(count == 1, "raise");
}

/* Threads: whose signal it is, and pthread_cancel. */
static volatile int stage, in_thread, cleaned;
static void clean(void *nothing) { (void)nothing, cleaned = 1; }
static void *waiting(void *nothing) {
  pthread_cleanup_push(clean, 0);
  stage = 1;
  for (;;) pause();
  pthread_cleanup_pop(0);
  return nothing;
}
static void note(int number) { plain(number), in_thread = syscall(SYS_gettid); }
static void *taker(void *nothing) {
  mask(SIG_UNBLOCK, bit(SIGUSR1));
  stage = syscall(SYS_gettid);
  while (!in_thread) sched_yield();
  return nothing;
}
static void *spinner(void *nothing) {
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
  stage = 1;
  for (;;) {}
  return nothing;
}
static void threads(void) {
  pthread_t thread;
  void *result = 0;
  stage = 0;
  pthread_create(&thread, 0, waiting, 0);
  while (!stage) sched_yield();
  pthread_cancel(thread), pthread_join(thread, &result);
  CHECK(result == PTHREAD_CANCELED && cleaned, "cancel");
  stage = 0;
  pthread_create(&thread, 0, spinner, 0);
  while (!stage) sched_yield();
  pthread_cancel(thread), pthread_join(thread, &result);
  CHECK(result == PTHREAD_CANCELED, "cancel at once");
  act(SIGUSR1, note, 0, 0);
  uint64_t old = mask(SIG_BLOCK, bit(SIGUSR1));
  stage = in_thread = 0;
  pthread_create(&thread, 0, taker, 0);
  while (!stage) sched_yield();
  kill(getpid(), SIGUSR1);
  int who = stage;
  pthread_join(thread, 0);
  CHECK(in_thread == who && pending() == 0, "a thread that does not block it takes it");
  in_thread = 0;
  send(SIGUSR1);
  CHECK(in_thread == 0 && pending() == bit(SIGUSR1), "sent to a thread");
  mask(SIG_SETMASK, old);
  CHECK(in_thread == getpid(), "%d", in_thread);
  CHECK(syscall(SYS_tgkill, getpid(), 9999, 0) == -1 && errno == ESRCH, "%d", errno);
  CHECK(syscall(SYS_tgkill, 9999, getpid(), 0) == -1 && errno == ESRCH, "%d", errno);
  CHECK(syscall(SYS_tgkill, 0, getpid(), 0) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_tkill, 0, 0) == -1 && errno == EINVAL, "%d", errno);
}

static void arguments(void) {
  struct kernel_action action = {0};
  uint64_t set = 0;
  CHECK(syscall(SYS_rt_sigaction, 0, 0, 0, 8) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigaction, 65, 16, 0, 8) == -1 && errno == EFAULT, "%d", errno);
  CHECK(syscall(SYS_rt_sigaction, SIGKILL, &action, 0, 8) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigaction, SIGKILL, 0, &action, 8) == 0, "%d", errno);
  CHECK(syscall(SYS_rt_sigaction, SIGUSR1, 0, 16, 8) == -1 && errno == EFAULT, "%d", errno);
  CHECK(syscall(SYS_rt_sigaction, SIGUSR1, 0, 0, 4) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigprocmask, 3, &set, 0, 8) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigprocmask, 3, 0, &set, 8) == 0, "%d", errno);
  CHECK(syscall(SYS_rt_sigprocmask, 0, 16, 0, 8) == -1 && errno == EFAULT, "%d", errno);
  CHECK(syscall(SYS_rt_sigprocmask, 0, 0, 16, 8) == -1 && errno == EFAULT, "%d", errno);
  CHECK(syscall(SYS_rt_sigpending, 16, 8) == -1 && errno == EFAULT, "%d", errno);
  CHECK(syscall(SYS_rt_sigpending, &set, 9) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigpending, &set, 4) == 0, "%d", errno);
  CHECK(syscall(SYS_rt_sigtimedwait, 16, 0, 0, 8) == -1 && errno == EFAULT, "%d", errno);
  CHECK(syscall(SYS_rt_sigtimedwait, &set, 0, 0, 9) == -1 && errno == EINVAL, "%d", errno);
  long bad[] = {0, 1000000000}, negative[] = {-1, 0}, none[] = {0, 0};
  CHECK(syscall(SYS_rt_sigtimedwait, &set, 0, bad, 8) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigtimedwait, &set, 0, negative, 8) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigtimedwait, &set, 0, none, 8) == -1 && errno == EAGAIN, "%d", errno);
  CHECK(syscall(SYS_rt_sigtimedwait, &set, 0, 16, 8) == -1 && errno == EFAULT, "%d", errno);
  CHECK(kill(9999, 0) == -1 && errno == ESRCH, "%d", errno);
  CHECK(kill(getpid(), 65) == -1 && errno == EINVAL, "%d", errno);
  CHECK(kill(getpid(), -1) == -1 && errno == EINVAL, "%d", errno);
  CHECK(kill(0x80000000, 0) == -1 && errno == ESRCH, "%d", errno);
  CHECK(mask(SIG_SETMASK, ~0ull) == 0 && mask(SIG_SETMASK, 0) == ~(bit(SIGKILL) | bit(SIGSTOP)), "unblockable");
}

int main(void) {
  static void (*const parts[])(void) = {arguments, queue, restarts, children, threads, 0};
  return run_as_child(parts, "signal_calls");
}
