// SPDX-License-Identifier: Apache-2.0
/* Pairs of sockets, what is asked about them and set: every line as Linux 6.1 prints it, in sockets.txt. */
#include "sockets.h"

static void makes(void) {
  SAY(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8));
  SAY(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | 0x10, 0, ends));
  SAY(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 2, ends));
  SAY(syscall(SYS_socketpair, AF_UNIX, 0, 0, ends));
  SAY(syscall(SYS_socketpair, AF_UNIX, SOCK_RDM, 0, ends));
  SAY(syscall(SYS_socketpair, AF_UNIX, SOCK_PACKET, 0, ends));
  SAY(syscall(SYS_socketpair, AF_UNIX, 11, 0, ends));
  SAY(syscall(SYS_socketpair, 46, SOCK_STREAM, 0, ends));
  SAY(syscall(SYS_socketpair, -1, SOCK_STREAM, 0, ends));
  SAY(syscall(SYS_socketpair, AF_UNIX, SOCK_RAW, 1, ends));
  SAY(option(ends[0], SO_TYPE));
  SAY(close(ends[0]));
  SAY(close(ends[1]));
  SAY(syscall(SYS_socket, 46, SOCK_STREAM, 0));
  SAY(syscall(SYS_socket, AF_UNIX, 11, 0));
  SAY(syscall(SYS_socket, AF_UNIX, SOCK_STREAM | 0x20, 0));
  SAY(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends));
  a = ends[0], b = ends[1];
  SAY(a);
  SAY(b);
  SAY(fcntl(a, F_GETFL));
  SAY(fcntl(b, F_GETFL));
  SAY(fcntl(a, F_GETFD));
  SAY(fcntl(b, F_GETFD));
  SAY(lseek(a, 0, SEEK_SET));
  SAY(pread(a, bytes, 1, 0));
  SAY(pwrite(a, bytes, 1, 0));
  SAY((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, a, 0));
  SAY(fchdir(a));
  SAY(ftruncate(a, 0));
  SAY(ioctl(a, TCGETS, bytes));
  SAY(ioctl(a, FIONREAD, 8));
  SAY(fcntl(a, F_GETPIPE_SZ));
  struct stat status, same;
  SAY(fstat(a, &status));
  SAY(fstat(b, &same));
  SAY(status.st_mode);
  SAY(status.st_size);
  SAY(status.st_nlink);
  SAY(status.st_blksize);
  SAY(status.st_dev == same.st_dev);
  SAY(status.st_ino == same.st_ino);
  char path[40], text[64] = "", expected[64];
  sprintf(path, "/proc/self/fd/%d", a);
  SAY(readlink(path, text, sizeof text) > 0);
  sprintf(expected, "socket:[%lu]", (unsigned long)status.st_ino);
  SAY(strcmp(text, expected));
  SAY(open(path, O_RDWR));
  close_pair();
}

static void options(int type) {
  printf("-- options of type %d\n", type);
  open_pair(type);
  SAY(option(a, SO_TYPE));
  SAY(option(a, SO_DOMAIN));
  SAY(option(a, SO_PROTOCOL));
  SAY(option(a, SO_ERROR));
  SAY(option(a, SO_ACCEPTCONN));
  SAY(option(a, SO_SNDBUF));
  SAY(option(a, SO_RCVBUF));
  SAY(option(a, SO_RCVLOWAT));
  SAY(option(a, SO_REUSEADDR));
  SAY(option(a, 999));
  SAY(getsockopt(a, 999, SO_TYPE, bytes, &length));
  SAY(getsockopt(a, SOL_SOCKET, SO_TYPE, bytes, (void *)8));
  SAY(getsockopt(a, SOL_SOCKET, SO_TYPE, (void *)8, &length));
  length = -1;
  SAY(getsockopt(a, SOL_SOCKET, SO_TYPE, bytes, &length));
  length = 2;
  bytes[1] = bytes[2] = 7;
  SAY(getsockopt(a, SOL_SOCKET, SO_TYPE, bytes, &length));
  SAY(length);
  SAY(bytes[0] == type && bytes[1] == 0 && bytes[2] == 7);
  struct ucred who = {1, 2, 3};
  length = sizeof who + 4;
  SAY(getsockopt(a, SOL_SOCKET, SO_PEERCRED, &who, &length));
  SAY(length);
  SAY(who.pid == getpid());
  SAY(who.uid);
  SAY(who.gid);
  struct timeval time = {2, 0};
  SAY(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  time.tv_sec = 7;
  length = sizeof time;
  SAY(getsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &time, &length));
  SAY(time.tv_sec);
  SAY(time.tv_usec);
  SAY(getsockopt(a, SOL_SOCKET, SO_SNDTIMEO, &time, &length));
  SAY(time.tv_sec);
  time.tv_usec = 1000000;
  SAY(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  SAY(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &time, 4));
  SAY(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, (void *)8, sizeof time));
  time = (struct timeval){0, 20000};
  SAY(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
  SAY(setsockopt(a, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time));
  SAY(read(a, bytes, 1));
  SAY(recv(a, bytes, 1, MSG_WAITALL));
  long sent;
  while ((sent = send(a, bytes, 4096, 0)) > 0) {}
  SAY(sent);
  int size = 4096;
  SAY(setsockopt(a, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  SAY(option(a, SO_SNDBUF));
  size = 1;
  SAY(setsockopt(a, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  SAY(option(a, SO_SNDBUF));
  SAY(setsockopt(a, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
  SAY(option(a, SO_RCVBUF));
  size = 0x7fffffff;
  SAY(setsockopt(a, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  SAY(option(a, SO_SNDBUF));
  SAY(setsockopt(a, SOL_SOCKET, SO_SNDBUF, &size, 3));
  SAY(setsockopt(a, SOL_SOCKET, SO_SNDBUF, (void *)8, 4));
  SAY(setsockopt(a, SOL_SOCKET, 999, &size, sizeof size));
  SAY(setsockopt(a, SOL_SOCKET, SO_ERROR, &size, sizeof size));
  SAY(setsockopt(a, SOL_SOCKET, SO_TYPE, &size, sizeof size));
  SAY(setsockopt(a, 999, SO_SNDBUF, &size, sizeof size));
  SAY(setsockopt(a, SOL_SOCKET, SO_SNDBUF, &size, -1));
  length = sizeof name;
  SAY(getsockname(a, (void *)&name, &length));
  SAY(length);
  SAY(name.sun_family);
  length = 1;
  name.sun_family = 0x101;
  SAY(getpeername(a, (void *)&name, &length));
  SAY(length);
  SAY(name.sun_family);
  length = -1;
  SAY(getsockname(a, (void *)&name, &length));
  SAY(getsockname(a, (void *)&name, (void *)8));
  length = 2;
  SAY(getsockname(a, (void *)8, &length));
  length = 0;
  SAY(getsockname(a, 0, &length));
  SAY(length);
  length = 0;
  SAY(getsockopt(a, SOL_SOCKET, SO_TYPE, 0, &length));
  SAY(length);
  name.sun_family = AF_INET;
  SAY(connect(a, 0, 0));
  SAY(connect(a, (void *)&name, 2));
  SAY(connect(a, (void *)&name, 16));
  name.sun_family = AF_UNIX;
  SAY(connect(a, (void *)&name, 2));
  memcpy(name.sun_path, "\0nothing", 8);
  SAY(connect(a, (void *)&name, 10));
  int yes = 1;
  SAY(ioctl(a, FIONBIO, &yes));
  SAY(fcntl(a, F_GETFL));
  yes = 0;
  SAY(ioctl(a, FIONBIO, &yes));
  SAY(fcntl(a, F_GETFL));
  SAY(ioctl(a, FIONBIO, 8));
  SAY(listen(a, 1));
  SAY(accept(a, 0, 0));
  SAY(accept4(a, 0, 0, 1));
  close_pair();
}

static void none(void) {
  printf("-- no sockets\n");
  pipe(ends);
  int files[] = {ends[0], 99};
  for (int i = 0; i < 2; i++) {
    int file = files[i];
    struct msghdr message = {0};
    length = 4;
    SAY(send(file, bytes, 1, 0));
    SAY(recv(file, bytes, 1, 0));
    SAY(sendto(file, bytes, 1, 0, (void *)&name, 2));
    SAY(recvfrom(file, bytes, 1, 0, 0, 0));
    SAY(sendmsg(file, &message, 0));
    SAY(recvmsg(file, &message, 0));
    SAY(shutdown(file, 0));
    SAY(getsockname(file, (void *)&name, &length));
    SAY(getpeername(file, (void *)&name, &length));
    SAY(getsockopt(file, SOL_SOCKET, SO_TYPE, bytes, &length));
    SAY(setsockopt(file, SOL_SOCKET, SO_SNDBUF, bytes, 4));
    SAY(bind(file, (void *)&name, 2));
    SAY(connect(file, (void *)&name, 2));
    SAY(listen(file, 1));
    SAY(accept(file, 0, 0));
  }
}

static void echo(void) {
  close(a);
  char line[64];
  int got;
  while ((got = read(b, line, sizeof line)) > 0) {
    for (int i = 0; i < got; i++) line[i] ^= 0x20;
    write(b, line, got);
  }
}

static void share(void) {
  printf("-- two processes\n");
  open_pair(SOCK_SEQPACKET);
  child(echo);
  close(b);
  for (int i = 1; i < 4; i++) {
    char line[64] = "HELLO";
    write(a, line, i);
    SAY(read(a, line, sizeof line));
    printf("%s\n", line);
  }
  SAY(shutdown(a, SHUT_WR));
  SAY(read(a, bytes, 10));
  SAY(wait(0) > 0);
  close(a);
}

int main(void) {
  mkdir("/proc", 0755);
  syscall(SYS_mount, "proc", "/proc", "proc", 0, 0);
  makes();
  options(SOCK_STREAM);
  options(SOCK_DGRAM);
  options(SOCK_SEQPACKET);
  none();
  share();
  return 0;
}
