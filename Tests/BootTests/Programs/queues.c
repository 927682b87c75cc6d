// SPDX-License-Identifier: Apache-2.0
/* POSIX message queues: every line as Linux 6.1 prints it, in queues.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"

static char bytes[1 << 16], long_name[300];
static unsigned priority;
static struct mq_attr small = {.mq_maxmsg = 3, .mq_msgsize = 16};

/* The kernel's calls: names have no slash. */
static int raw_open(const char *name, int flags, mode_t mode, void *attributes) {
  return syscall(SYS_mq_open, name, flags, mode, attributes);
}
static int raw_unlink(const char *name) { return syscall(SYS_mq_unlink, name); }
static int raw_set(int queue, void *new, void *old) { return syscall(SYS_mq_getsetattr, queue, new, old); }
static int raw_send(int queue, const void *message, size_t size, unsigned of, void *time) {
  return syscall(SYS_mq_timedsend, queue, message, size, of, time);
}
static int raw_receive(int queue, void *message, size_t size, void *of, void *time) {
  return syscall(SYS_mq_timedreceive, queue, message, size, of, time);
}
static void state(int queue) {
  struct mq_attr now;
  memset(&now, 0x55, sizeof now);
  int answer = mq_getattr(queue, &now);
  printf("  %d: flags %lo, at most %ld of %ld bytes, now %ld\n", answer, now.mq_flags, now.mq_maxmsg, now.mq_msgsize,
    now.mq_curmsgs);
}
static void receive(int queue) {
  errno = 0, priority = 77;
  int count = mq_receive(queue, bytes, sizeof bytes, &priority);
  printf("  received %d \"%.*s\" of priority %u, %d\n", count, count < 0 ? 0 : count, bytes, priority, errno);
}
static int sends(int queue, const char *text, unsigned of) { return mq_send(queue, text, strlen(text), of); }
static void looks(int queue) {
  struct pollfd file = {.fd = queue, .events = POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM};
  int answer = poll(&file, 1, 0);
  printf("  poll %d: %x\n", answer, file.revents);
}
static struct timespec after(long milliseconds) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += milliseconds % 1000 * 1000000, time.tv_sec += milliseconds / 1000;
  if (time.tv_nsec >= 1000000000) time.tv_nsec -= 1000000000, time.tv_sec++;
  return time;
}

static void names(void) {
  memset(long_name, 'n', sizeof long_name - 1);
  SAY(raw_open("none", O_RDWR, 0600, 0));
  SAY(raw_open("", O_RDWR | O_CREAT, 0600, 0));
  SAY(raw_open("/", O_RDWR | O_CREAT, 0600, 0));
  SAY(raw_open("/q", O_RDWR | O_CREAT, 0600, 0));
  SAY(raw_open("a/b", O_RDWR | O_CREAT, 0600, 0));
  SAY(raw_open(".", O_RDWR | O_CREAT, 0600, 0));
  SAY(raw_open("..", O_RDWR | O_CREAT, 0600, 0));
  SAY(raw_open(long_name, O_RDWR | O_CREAT, 0600, 0));
  SAY(raw_open((void *)8, O_RDWR | O_CREAT, 0600, 0));
  SAY(raw_open("q", O_RDWR | O_CREAT, 0600, (void *)8));
  SAY(raw_open("none", O_RDWR, 0600, (void *)8));
  SAY(raw_unlink("none"));
  SAY(raw_unlink(""));
  SAY(raw_unlink("/q"));
  SAY(raw_unlink(long_name));
  SAY(raw_unlink((void *)8));
  long_name[255] = 0;
  SAY(raw_open(long_name, O_RDWR | O_CREAT, 0600, 0) > 2);
  SAY(raw_unlink(long_name));
  SAY(mq_open("q", O_RDWR | O_CREAT, 0600, 0) > 2);
  SAY(mq_open("/q", O_RDWR | O_CREAT | O_EXCL, 0600, 0));
  SAY(mq_open("/q", O_RDWR | O_EXCL) > 2);
  SAY(raw_open("q", 3, 0, 0));
  SAY(mq_unlink("/q"));
  SAY(mq_unlink("/q"));
}

static void sizes(void) {
  static const long each[][2] = {{0, 16}, {1, 0}, {-1, 16}, {1, -1}, {1, 1}, {10, 8192}, {100, 100}, {0, 0}};
  for (int i = 0; i < 8; i++) {
    struct mq_attr wanted = {.mq_maxmsg = each[i][0], .mq_msgsize = each[i][1], .mq_flags = -1, .mq_curmsgs = 5};
    errno = 0;
    int queue = mq_open("/q", O_RDWR | O_CREAT, 0600, &wanted);
    printf("%ld of %ld: %d %d\n", each[i][0], each[i][1], queue > 2, queue < 0 ? errno : 0);
    if (queue < 0) continue;
    state(queue);
    mq_close(queue), mq_unlink("/q");
  }
  int queue = mq_open("/q", O_RDWR | O_CREAT, 0600, 0);
  state(queue);
  SAY(fcntl(queue, F_GETFD));
  SAY(fcntl(queue, F_GETFL) & ~0400000);
  int other = mq_open("/q", O_WRONLY | O_CREAT | O_NONBLOCK, 0600, &small);
  state(other);
  SAY(fcntl(other, F_GETFL) & ~0400000);
  mq_close(queue), mq_close(other), mq_unlink("/q");
}

static void messages(void) {
  int queue = mq_open("/q", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &small);
  int reader = mq_open("/q", O_RDONLY), writer = mq_open("/q", O_WRONLY);
  looks(queue);
  receive(queue);
  SAY(sends(queue, "one", 1));
  SAY(sends(queue, "two", 5));
  looks(queue);
  SAY(sends(queue, "three", 1));
  looks(queue);
  SAY(sends(queue, "four", 1));
  state(queue);
  receive(queue), receive(queue), receive(queue), receive(queue);
  SAY(sends(queue, "a", 0)); SAY(sends(queue, "b", 32767)); SAY(sends(queue, "", 7));
  receive(queue), receive(queue), receive(queue);
  SAY(sends(queue, "0123456789abcdef", 0));
  SAY(sends(queue, "0123456789abcdefg", 0));
  SAY(raw_send(queue, "x", 1, 32768, 0));
  SAY(raw_send(queue, "x", 1, -1, 0));
  SAY(raw_send(queue, (void *)8, 1, 0, 0));
  SAY(raw_send(queue, "x", -1, 0, 0));
  SAY(raw_send(reader, "x", 1, 0, 0));
  SAY(raw_send(0, "x", 1, 0, 0));
  SAY(raw_send(-1, "x", 1, 0, 0));
  SAY(raw_send(queue, "x", 1, 0, (void *)8));
  SAY(raw_send(-1, "x", 1, 32768, (void *)8));
  SAY(raw_receive(queue, bytes, 15, 0, 0));
  SAY(raw_receive(writer, bytes, 100, 0, 0));
  SAY(raw_receive(0, bytes, 100, 0, 0));
  SAY(raw_receive(-1, bytes, 100, 0, 0));
  SAY(raw_receive(queue, bytes, 100, 0, (void *)8));
  SAY(raw_receive(queue, bytes, 16, 0, 0));
  SAY(sends(queue, "lost", 0));
  SAY(raw_receive(queue, (void *)8, 100, 0, 0));
  SAY(sends(queue, "prio", 0));
  SAY(raw_receive(queue, bytes, 100, (void *)8, 0));
  state(queue);
  SAY(sends(queue, "kept", 3));
  mq_close(queue), mq_close(reader), mq_close(writer);
  queue = mq_open("/q", O_RDWR);
  state(queue);
  SAY(mq_unlink("/q"));
  SAY(mq_open("/q", O_RDWR));
  receive(queue);
  SAY(sends(queue, "of no name", 3));
  receive(queue);
  int copy = dup(queue);
  mq_close(queue);
  SAY(sends(copy, "dup", 3));
  receive(copy);
  mq_close(copy);
}

static void attributes(void) {
  int queue = mq_open("/q", O_RDWR | O_CREAT, 0600, &small);
  struct mq_attr new = {.mq_flags = O_NONBLOCK, .mq_maxmsg = 9, .mq_msgsize = 9}, old;
  SAY(mq_setattr(queue, &new, &old));
  printf("  was %lo %ld %ld\n", old.mq_flags, old.mq_maxmsg, old.mq_msgsize);
  state(queue);
  new.mq_flags = O_NONBLOCK | 1;
  SAY(raw_set(queue, &new, 0));
  SAY(raw_set(-1, &new, 0));
  SAY(raw_set(queue, (void *)8, 0));
  SAY(raw_set(queue, 0, (void *)8));
  SAY(raw_set(queue, 0, 0));
  SAY(raw_set(0, 0, 0));
  SAY(raw_set(-1, 0, 0));
  new.mq_flags = 0;
  SAY(raw_set(queue, &new, (void *)8));
  state(queue);
  SAY(fcntl(queue, F_SETFL, O_NONBLOCK));
  state(queue);
  mq_close(queue), mq_unlink("/q");
}

static void times(void) {
  int queue = mq_open("/q", O_RDWR | O_CREAT, 0600, &small);
  struct timespec time = after(-1000), bad = {.tv_nsec = 1000000000}, negative = {.tv_sec = -1};
  SAY(mq_timedreceive(queue, bytes, 100, 0, &time));
  SAY(mq_timedreceive(queue, bytes, 100, 0, &bad));
  SAY(mq_timedreceive(queue, bytes, 100, 0, &negative));
  SAY(mq_timedsend(queue, "x", 1, 0, &bad));
  time = after(30);
  SAY(mq_timedreceive(queue, bytes, 100, 0, &time));
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  SAY(now.tv_sec > time.tv_sec || now.tv_sec == time.tv_sec && now.tv_nsec >= time.tv_nsec);
  sends(queue, "1", 0), sends(queue, "2", 0), sends(queue, "3", 0);
  SAY(mq_timedreceive(queue, bytes, 100, 0, &time));
  sends(queue, "4", 0);
  SAY(mq_timedsend(queue, "x", 1, 0, &time));
  int32_t old[2] = {1, 0};
  SAY(syscall(SYS_mq_timedsend, queue, "x", 1, 0, old));
  mq_close(queue), mq_unlink("/q");
}

static void handler(int signal, siginfo_t *info, void *context) {
  printf("  signal %d, code %d, value %d, sender %d\n", signal, info->si_code, info->si_value.sival_int, info->si_pid == getpid());
}
static int ends[2];
static void sends_later(void) {
  usleep(20000);
  mq_send(mq_open("/q", O_WRONLY), "late", 4, 9);
}
static void receives_later(void) {
  usleep(20000);
  int queue = mq_open("/q", O_RDONLY);
  mq_receive(queue, bytes, 100, 0);
}
static void sends_two(void) {
  int queue = mq_open("/q", O_WRONLY);
  sends(queue, "first", 0), sends(queue, "second", 0);
}
static void alarmed(int signal) { }

static void waits(void) {
  int queue = mq_open("/q", O_RDWR | O_CREAT, 0600, &small);
  pid_t other = child(sends_later);
  receive(queue);
  waitpid(other, 0, 0);
  sends(queue, "1", 0), sends(queue, "2", 0), sends(queue, "3", 0);
  other = child(receives_later);
  SAY(sends(queue, "room", 2));
  waitpid(other, 0, 0);
  state(queue);
  receive(queue), receive(queue), receive(queue);
  struct sigaction action = {.sa_handler = alarmed};
  sigaction(SIGALRM, &action, 0);
  ualarm(20000, 0);
  receive(queue);
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, 0);
  other = child(sends_later);
  ualarm(5000, 0);
  receive(queue);
  waitpid(other, 0, 0);
  other = child(sends_later);
  struct pollfd file = {.fd = queue, .events = POLLIN};
  SAY(poll(&file, 1, -1));
  looks(queue);
  waitpid(other, 0, 0);
  receive(queue);
  int many = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  SAY(epoll_ctl(many, EPOLL_CTL_ADD, queue, &event));
  SAY(epoll_wait(many, &event, 1, 0));
  sends(queue, "edge", 0);
  SAY(epoll_wait(many, &event, 1, 0));
  SAY(epoll_wait(many, &event, 1, 0));
  receive(queue);
  mq_close(queue), mq_unlink("/q");
}

static void holds(void) {
  int queue = mq_open("/q", O_RDWR);
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  printf("  child: %d\n", mq_notify(queue, &event));
  fflush(stdout);
  write(ends[1], "", 1);
  usleep(30000);
}
static void notices(void) {
  char byte;
  int queue = mq_open("/q", O_RDWR | O_CREAT, 0600, &small);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
  SAY(mq_notify(queue, &event));
  SAY(mq_notify(queue, &event));
  SAY(sends(queue, "noticed", 0));
  SAY(sends(queue, "not", 0));
  SAY(mq_notify(queue, &event));
  receive(queue);
  SAY(sends(queue, "not empty", 0));
  receive(queue), receive(queue);
  SAY(sends(queue, "empty", 0));
  receive(queue);
  SAY(mq_notify(queue, &event));
  SAY(mq_notify(queue, 0));
  SAY(mq_notify(queue, 0));
  SAY(sends(queue, "unnoticed", 0));
  receive(queue);
  SAY(mq_notify(queue, &event));
  pid_t other = child(sends_two);
  waitpid(other, 0, 0);
  receive(queue), receive(queue);
  SAY(mq_notify(queue, &event));
  other = child(sends_later);
  receive(queue);
  waitpid(other, 0, 0);
  SAY(mq_notify(queue, 0));
  event.sigev_notify = SIGEV_NONE;
  SAY(mq_notify(queue, &event));
  SAY(mq_notify(queue, &event));
  SAY(sends(queue, "none", 0));
  SAY(mq_notify(queue, &event));
  SAY(mq_notify(queue, 0));
  receive(queue);
  pipe(ends);
  other = child(holds);
  read(ends[0], &byte, 1);
  SAY(mq_notify(queue, &event));
  SAY(mq_notify(queue, 0));
  SAY(mq_notify(queue, &event));
  waitpid(other, 0, 0);
  SAY(mq_notify(queue, &event));
  SAY(mq_notify(queue, 0));
  event.sigev_notify = 3;
  SAY(syscall(SYS_mq_notify, queue, &event));
  event.sigev_notify = SIGEV_SIGNAL, event.sigev_signo = 65;
  SAY(syscall(SYS_mq_notify, queue, &event));
  SAY(syscall(SYS_mq_notify, queue, (void *)8));
  event.sigev_signo = SIGUSR1;
  SAY(syscall(SYS_mq_notify, -1, &event));
  SAY(syscall(SYS_mq_notify, 0, &event));
  SAY(syscall(SYS_mq_notify, -1, 0));
  mq_close(queue), mq_unlink("/q");
}

enum { rounds = 300 };
static void *sender(void *queue) {
  char text[16];
  for (int i = 0; i < rounds; i++) mq_send((int)(long)queue, text, sprintf(text, "%d", i), i % 3);
  return 0;
}
static void threads(void) {
  int queue = mq_open("/q", O_RDWR | O_CREAT, 0600, &small), sum = 0;
  pthread_t made[3];
  for (int i = 0; i < 3; i++) pthread_create(made + i, 0, sender, (void *)(long)queue);
  for (int i = 0; i < 3 * rounds; i++) {
    int count = mq_receive(queue, bytes, sizeof bytes, 0);
    bytes[count] = 0, sum += atoi(bytes);
  }
  for (int i = 0; i < 3; i++) pthread_join(made[i], 0);
  printf("sum %d\n", sum);
  state(queue);
  mq_close(queue), mq_unlink("/q");
  queue = mq_open("/q", O_RDWR | O_CREAT, 0600, 0);
  for (int i = 0; i < 8192; i++) bytes[i] = i * 7;
  SAY(mq_send(queue, bytes, 8192, 0));
  memset(bytes, 0, sizeof bytes);
  SAY(mq_receive(queue, bytes, 8192, 0));
  int wrong = 0;
  for (int i = 0; i < 8192; i++) wrong += bytes[i] != (char)(i * 7);
  printf("wrong %d\n", wrong);
  sends(queue, "left", 0);
  mq_close(queue), mq_unlink("/q");
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  printf("names\n"), run_in_child(names);
  printf("sizes\n"), run_in_child(sizes);
  printf("messages\n"), run_in_child(messages);
  printf("attributes\n"), run_in_child(attributes);
  printf("times\n"), run_in_child(times);
  printf("waits\n"), run_in_child(waits);
  printf("notices\n"), run_in_child(notices);
  printf("threads\n"), run_in_child(threads);
  return 0;
}
