// SPDX-License-Identifier: Apache-2.0
/* splice, tee and vmsplice: every line as Linux 6.1 prints it, in splices.txt. */
#include "sockets.h"

#include <sys/eventfd.h>

static char text[1 << 17] __attribute__((aligned(4096)));
static int from[2], to[2], file;

static void open_pipes(int flags) {
  pipe2(from, flags);
  pipe2(to, flags);
}

static void close_pipes(void) { close(from[0]), close(from[1]), close(to[0]), close(to[1]); }

static long place(void) { return lseek(file, 0, SEEK_CUR); }

/* Whether the next bytes of a pipe are those of `text` from `start` on. */
static int holds(int end, int start, int count) {
  int done = 0, got;
  while (done < count && (got = read(end, bytes + done, count - done)) > 0) done += got;
  return done == count && !memcmp(bytes, text + start, count);
}

static void refusals(void) {
  loff_t zero = 0, negative = -1;
  int null = open("/dev/null", O_RDWR), event = eventfd(1, 0), folder = open("/tmp", O_RDONLY);
  int reader = open("/tmp/file", O_RDONLY), writer = open("/tmp/file", O_WRONLY), adder = open("/tmp/file", O_WRONLY | O_APPEND);
  open_pipes(O_NONBLOCK);
  SAY(splice(99, 0, 98, 0, 0, 0));
  SAY(splice(99, 0, 98, 0, 1, 16));
  SAY(splice(99, 0, to[1], 0, 1, 0));
  SAY(splice(from[0], 0, 99, 0, 1, 0));
  SAY(splice(from[1], 0, to[1], 0, 1, 0));
  SAY(splice(from[0], 0, to[0], 0, 1, 0));
  SAY(splice(from[0], &zero, to[1], 0, 1, 0));
  SAY(splice(from[0], 0, to[1], &zero, 1, 0));
  SAY(splice(from[0], (void *)8, to[1], 0, 1, 0));
  SAY(splice(file, (void *)8, to[1], 0, 1, 0));
  SAY(splice(file, &negative, to[1], 0, 1, 0));
  SAY(splice(from[0], 0, file, &negative, 1, 0));
  SAY(splice(from[0], 0, from[1], 0, 1, 0));
  SAY(splice(file, 0, file, 0, 1, 0));
  SAY(splice(file, 0, null, 0, 1, 0));
  SAY(splice(from[0], 0, reader, 0, 1, 0));
  SAY(splice(writer, 0, to[1], 0, 1, 0));
  SAY(splice(from[0], 0, adder, 0, 1, 0));
  SAY(splice(from[0], 0, event, 0, 8, 0));
  SAY(splice(event, 0, to[1], 0, 8, 0));
  SAY(splice(folder, 0, to[1], 0, 8, 0));
  SAY(splice(from[0], 0, to[1], 0, 1, 0));
  SAY(splice(from[0], 0, file, 0, 1, 0));
  SAY(tee(99, 98, 0, 0));
  SAY(tee(99, 98, 1, 16));
  SAY(tee(99, to[1], 1, 0));
  SAY(tee(from[0], 99, 1, 0));
  SAY(tee(from[1], to[1], 1, 0));
  SAY(tee(from[0], to[0], 1, 0));
  SAY(tee(from[0], from[1], 1, 0));
  SAY(tee(file, to[1], 1, 0));
  SAY(tee(from[0], file, 1, 0));
  SAY(tee(from[0], to[1], 1, 0));
  struct iovec piece = {bytes, 4};
  SAY(vmsplice(99, &piece, 1, 0));
  SAY(vmsplice(from[1], &piece, 1, 16));
  SAY(vmsplice(file, &piece, 1, 0));
  SAY(vmsplice(null, &piece, 1, 0));
  SAY(vmsplice(from[1], (void *)8, 1, 0));
  SAY(vmsplice(from[1], &piece, 1025, 0));
  SAY(vmsplice(from[1], &piece, 0, 0));
  SAY(vmsplice(from[0], &piece, 1, SPLICE_F_NONBLOCK));
  piece.iov_base = (void *)8;
  SAY(vmsplice(from[1], &piece, 1, 0));
  SAY(waiting(from[0]));
  SAY(close(to[0]));
  SAY(splice(from[0], 0, to[1], 0, 1, 0));
  SAY(splice(file, 0, to[1], 0, 1, 0));
  SAY(write(from[1], text, 5));
  SAY(splice(from[0], 0, to[1], 0, 1, 0));
  SAY(tee(from[0], to[1], 1, 0));
  piece.iov_base = bytes;
  SAY(vmsplice(to[1], &piece, 1, 0));
  SAY(waiting(from[0]));
  SAY(close(from[1]));
  SAY(splice(from[0], 0, file, 0, 100, 0));
  SAY(splice(from[0], 0, file, 0, 100, 0));
  close_pipes();
  close(null), close(event), close(folder), close(reader), close(writer), close(adder);
}

static void files(void) {
  printf("-- files\n");
  open_pipes(O_NONBLOCK);
  ftruncate(file, 0);
  lseek(file, 0, SEEK_SET);
  SAY(write(file, text, 100000));
  SAY(splice(file, 0, to[1], 0, 10, 0));
  SAY(lseek(file, 5, SEEK_SET));
  SAY(splice(file, 0, to[1], 0, 5000, 0));
  SAY(place());
  SAY(waiting(to[0]));
  SAY(holds(to[0], 5, 5000));
  loff_t offset = 70000;
  SAY(splice(file, &offset, to[1], 0, 6000, SPLICE_F_MOVE | SPLICE_F_MORE));
  SAY(offset);
  SAY(place());
  SAY(holds(to[0], 70000, 6000));
  offset = 99000;
  SAY(splice(file, &offset, to[1], 0, 6000, 0));
  SAY(splice(file, &offset, to[1], 0, 6000, 0));
  SAY(offset);
  SAY(holds(to[0], 99000, 1000));
  offset = 0;
  SAY(splice(file, &offset, to[1], 0, 1000000, 0));
  SAY(waiting(to[0]) == offset);
  SAY(splice(file, &offset, to[1], 0, 1000000, 0));
  SAY(offset);
  SAY(lseek(file, 0, SEEK_SET));
  SAY(splice(to[0], 0, file, 0, 100, 0));
  SAY(place());
  offset = 200000;
  SAY(splice(to[0], 0, file, &offset, 1000000, 0));
  SAY(offset);
  SAY(place());
  SAY(lseek(file, 0, SEEK_END));
  SAY(pread(file, bytes, 65436, 200000) == 65436 && !memcmp(bytes, text + 100, 65436));
  SAY(splice(to[0], 0, file, 0, 100, 0));
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
  SAY(write(from[1], text, 70));
  SAY(splice(from[0], 0, null, 0, 50, 0));
  SAY(splice(from[0], 0, null, 0, 50, 0));
  SAY(splice(zero, 0, to[1], 0, 50, 0));
  SAY(read(to[0], bytes, 100));
  close(null), close(zero);
  close_pipes();
}

static void pipes(void) {
  printf("-- pipes\n");
  open_pipes(O_NONBLOCK);
  SAY(write(from[1], text, 10));
  SAY(write(from[1], text + 10, 9000));
  SAY(splice(from[0], 0, to[1], 0, 4, 0));
  SAY(holds(to[0], 0, 4));
  SAY(splice(from[0], 0, to[1], 0, 100000, 0));
  SAY(waiting(from[0]));
  SAY(waiting(to[0]));
  SAY(holds(to[0], 4, 9006));
  SAY(splice(from[0], 0, to[1], 0, 1, 0));
  SAY(write(from[1], text, 100));
  SAY(tee(from[0], to[1], 60, 0));
  SAY(tee(from[0], to[1], 1000, 0));
  SAY(waiting(from[0]));
  SAY(waiting(to[0]));
  SAY(holds(to[0], 0, 60));
  SAY(holds(to[0], 0, 100));
  SAY(holds(from[0], 0, 100));
  SAY(fcntl(to[1], F_SETPIPE_SZ, 8192));
  SAY(write(from[1], text, 20000));
  SAY(splice(from[0], 0, to[1], 0, 20000, 0));
  SAY(splice(from[0], 0, to[1], 0, 20000, 0));
  SAY(tee(from[0], to[1], 20000, 0));
  SAY(holds(to[0], 0, 8192));
  SAY(tee(from[0], to[1], 20000, 0));
  SAY(holds(to[0], 8192, 8192));
  SAY(holds(from[0], 8192, 11808));
  SAY(close(from[1]));
  SAY(splice(from[0], 0, to[1], 0, 20000, 0));
  SAY(tee(from[0], to[1], 20000, 0));
  close_pipes();
}

static void memory(void) {
  printf("-- memory\n");
  open_pipes(0);
  struct iovec pieces[] = {{text, 10}, {text + 10, 0}, {text + 10, 5000}};
  SAY(vmsplice(to[1], pieces, 3, 0));
  SAY(waiting(to[0]));
  SAY(holds(to[0], 0, 5010));
  struct iovec all = {text, sizeof text};
  SAY(vmsplice(to[1], &all, 1, SPLICE_F_NONBLOCK));
  SAY(vmsplice(to[1], &all, 1, SPLICE_F_NONBLOCK));
  struct iovec two[] = {{bytes, 100}, {bytes + 100, 1000}};
  SAY(vmsplice(to[0], two, 2, 0));
  SAY(memcmp(bytes, text, 1100));
  SAY(waiting(to[0]));
  SAY(read(to[0], bytes, 64436));
  SAY(vmsplice(to[0], two, 2, SPLICE_F_NONBLOCK));
  SAY(write(to[1], text, 7));
  SAY(vmsplice(to[0], two, 2, 0));
  SAY(fcntl(to[0], F_SETFL, O_NONBLOCK));
  SAY(vmsplice(to[0], two, 2, SPLICE_F_NONBLOCK));
  SAY(close(to[1]));
  SAY(vmsplice(to[0], two, 2, 0));
  close_pipes();
}

static void sockets(void) {
  printf("-- sockets\n");
  open_pipes(O_NONBLOCK);
  open_pair(SOCK_STREAM | SOCK_NONBLOCK);
  loff_t zero = 0;
  SAY(write(from[1], text, 6000));
  SAY(splice(from[0], &zero, a, 0, 1, 0));
  SAY(splice(from[0], 0, a, &zero, 1, 0));
  SAY(splice(from[0], 0, a, 0, 5000, 0));
  SAY(waiting(b));
  SAY(splice(b, &zero, to[1], 0, 4000, 0));
  SAY(splice(b, 0, to[1], 0, 4000, 0));
  SAY(holds(to[0], 0, 4000));
  SAY(splice(b, 0, to[1], 0, 4000, 0));
  SAY(splice(b, 0, to[1], 0, 4000, SPLICE_F_NONBLOCK));
  SAY(tee(b, to[1], 4000, 0));
  SAY(splice(a, 0, b, 0, 4000, 0));
  SAY(shutdown(a, SHUT_WR));
  SAY(splice(b, 0, to[1], 0, 4000, 0));
  SAY(splice(from[0], 0, a, 0, 5000, 0));
  close_pair();
  close_pipes();
}

static void *writes_pipe(void *none) { later(); write(from[1], text, 4); return 0; }
static void *closes_pipe(void *none) { later(); close(from[1]); return 0; }
static void *drains_pipe(void *none) { later(); read(to[0], bytes, 65536); return 0; }
static void *closes_reader(void *none) { later(); close(to[0]); return 0; }

static void waits_for(void) {
  printf("-- waits\n");
  open_pipes(0);
  struct iovec piece = {bytes, 10};
  LATER(writes_pipe, splice(from[0], 0, to[1], 0, 100, 0));
  LATER(writes_pipe, tee(from[0], to[1], 100, 0));
  SAY(waiting(to[0]));
  SAY(read(from[0], bytes, 100));
  LATER(writes_pipe, splice(from[0], 0, file, 0, 100, 0));
  LATER(writes_pipe, vmsplice(from[0], &piece, 1, 0));
  SAY(read(to[0], bytes, 100));
  SAY(write(to[1], text, 65536));
  loff_t offset = 0;
  SAY(splice(file, &offset, to[1], 0, 100, SPLICE_F_NONBLOCK));
  LATER(drains_pipe, splice(file, &offset, to[1], 0, 100, 0));
  SAY(read(to[0], bytes, 100));
  SAY(write(to[1], text, 65536));
  LATER(drains_pipe, vmsplice(to[1], &piece, 1, 0));
  SAY(read(to[0], bytes, 100));
  SAY(write(to[1], text, 65536));
  SAY(write(from[1], text, 10));
  SAY(splice(from[0], 0, to[1], 0, 100, SPLICE_F_NONBLOCK));
  SAY(tee(from[0], to[1], 100, SPLICE_F_NONBLOCK));
  LATER(drains_pipe, splice(from[0], 0, to[1], 0, 100, 0));
  LATER(closes_pipe, splice(from[0], 0, to[1], 0, 100, 0));
  SAY(read(to[0], bytes, 100));
  SAY(write(to[1], text, 65536));
  LATER(closes_reader, splice(file, &offset, to[1], 0, 100, 0));
  close_pipes();
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  mkdir("/tmp", 0755);
  mkdir("/dev", 0755);
  mknod("/dev/null", S_IFCHR | 0666, 0x103);
  mknod("/dev/zero", S_IFCHR | 0666, 0x105);
  for (int i = 0; i < sizeof text; i++) text[i] = i % 249;
  file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
  refusals();
  files();
  pipes();
  memory();
  sockets();
  waits_for();
  return 0;
}
