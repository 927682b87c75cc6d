// SPDX-License-Identifier: Apache-2.0
/* Attacks on the kernel through signals: a child for each attack, and how it ended. The parent, its memory
 * and its clock are unharmed afterwards.
 */
#include "meminfo.h"
#include "signals.h"
#include <sys/auxv.h>

/* Where forged frames lead: exit(7); the signal r5 to the process r4, then exit(7); the same in Thumb state. */
void lands(void), sends(void), lands_in_thumb(void), leave(uint32_t call, void *stack);
__asm__(
    ".arm\n .balign 4\n"
    "sends: mov r0, r4\n mov r1, r4\n mov r2, r5\n mov r7, #256\n add r7, r7, #12\n svc 0\n"
    "lands: mov r0, #7\n mov r7, #1\n svc 0\n"
    "leave: mov r7, r0\n mov sp, r1\n svc 0\n b lands\n"
    ".thumb\n .balign 4\n"
    "lands_in_thumb: nop\n nop\n nop\n nop\n movs r0, #7\n movs r7, #1\n svc 0\n .balign 4\n"
    ".arm\n");

/* A frame as the kernel makes it. */
static struct { siginfo_t info; ucontext_t context; } frame __attribute__((aligned(8))), whole;
static void keep(int number, siginfo_t *given, void *where) {
  (void)number, (void)where;
  memcpy(&whole, given, sizeof whole);
}
static uint32_t *floats(void) {
  uint32_t *block = (uint32_t *)frame.context.uc_regspace;
  while (block[0] && block[0] != 0x56465001) block += block[1] / 4;
  return block;
}

#define SEGV SIGSEGV
#define FINE (7 << 8)
#define ANY -1
/* How a child ended: the status of wait. */
static int ends(void (*attack)(uint32_t), uint32_t argument) {
  int status = -2;
  fflush(stdout);
  int child = fork();
  if (!child) {
    attack(argument);
    _exit(9);
  }
  waitpid(child, &status, 0);
  return status;
}
#define EXPECT(attack, argument, expected)                                                       \
  do {                                                                                           \
    int status = ends(attack, argument);                                                         \
    CHECK((expected) == ANY ? WIFEXITED(status) || WIFSIGNALED(status) : status == (expected),   \
          "%s %s: status %x", #attack, #argument, status);                                       \
  } while (0)

/* Forged frames. */
static void go(void) {
  leave(173, &frame);
}
static void go_plain(void) {
  leave(119, &frame.context);
}
static void forge(void *target) {
  frame = whole;
  frame.context.uc_mcontext.arm_pc = (uintptr_t)target;
  frame.context.uc_mcontext.arm_r4 = getpid();
  frame.context.uc_mcontext.arm_r5 = SIGUSR2;
  frame.context.uc_mcontext.arm_cpsr &= ~0x0600fe20;
}
static void state(uint32_t bits) {
  forge(lands);
  frame.context.uc_mcontext.arm_cpsr = bits;
  go();
}
static void plain_state(uint32_t bits) {
  forge(lands);
  frame.context.uc_mcontext.arm_cpsr = bits;
  go_plain();
}
static void thumb_state(uint32_t bits) {
  forge((char *)lands_in_thumb + (bits & 1));
  frame.context.uc_mcontext.arm_cpsr = 0x30 | (bits & ~1);
  go();
}
static void odd(uint32_t pc) {
  forge((char *)lands + pc);
  frame.context.uc_mcontext.arm_cpsr = 0x10;
  go();
}
static void kernel_pc(uint32_t pc) {
  forge((void *)pc);
  go();
}
static void frame_at(uint32_t address) { leave(173, (void *)address); }
static void plain_frame_at(uint32_t address) { leave(119, (void *)address); }
static void frame_moved(uint32_t by) {
  forge(lands);
  static char room[2048] __attribute__((aligned(8)));
  memcpy(room + by, &frame, sizeof frame);
  leave(173, room + by);
}
static char *edge(void) { /* The end of memory. */
  char *two = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(two + 4096, 4096);
  return two + 4096;
}
static void frame_cut(uint32_t length) {
  forge(lands);
  char *place = edge() - length;
  memcpy(place, &frame, length);
  leave(173, place);
}
/* The program may have any stack pointer; a handler then finds no stack. */
static void stack_pointer(uint32_t pointer) {
  forge(lands);
  frame.context.uc_mcontext.arm_sp = pointer;
  go();
}
static void handler_without_stack(uint32_t pointer) {
  act(SIGUSR2, plain, 0, 0);
  forge(sends);
  frame.context.uc_mcontext.arm_sp = pointer;
  go();
}
static void floats_word(uint32_t index) {
  forge(lands);
  floats()[index] ^= 8;
  go();
}
static void floats_control(uint32_t word) {
  forge(lands);
  for (int i = 66; i < 72; i++) floats()[i] = word;
  go();
}
static void masked(uint32_t number) {
  forge(sends);
  memset(&frame.context.uc_sigmask, 0xff, 8);
  frame.context.uc_mcontext.oldmask = ~0u;
  frame.context.uc_mcontext.arm_r5 = number;
  go();
}
static void mask_all(int number, siginfo_t *given, void *where) {
  (void)number, (void)given;
  memset(&((ucontext_t *)where)->uc_sigmask, 0xff, 8);
}
static void mask_kept(uint32_t unused) {
  (void)unused;
  act(SIGUSR1, mask_all, SA_SIGINFO, 0);
  send(SIGUSR1);
  _exit(mask(SIG_BLOCK, 0) == ~(bit(SIGKILL) | bit(SIGSTOP)) ? 7 : 8);
}
static void returns(void) {
  static const uint32_t modes[] = {0x13, 0x12, 0x1f, 0x11, 0x17, 0x1b, 0x16, 0x1a, 0x15, 0x00, 0x18, 0x90, 0x93, 0xd3, 0xffffffff};
  for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++) {
    EXPECT(state, modes[i], SEGV);
    EXPECT(plain_state, modes[i], SEGV);
  }
  EXPECT(state, 0x10, FINE);
  EXPECT(plain_state, 0x10, FINE);
  EXPECT(state, 0xf80f0010, FINE);
  EXPECT(state, 0x210, FINE);  /* E */
  EXPECT(state, 0x150, FINE);  /* A and F are taken away. */
  EXPECT(state, 0x01000010, ANY); /* J */
  EXPECT(state, 0x0600fc10, ANY); /* IT without T */
  EXPECT(state, 0x00f00010, ANY); /* Bits that are nothing */
  EXPECT(thumb_state, 0, FINE);
  EXPECT(thumb_state, 1, FINE);
  EXPECT(thumb_state, 0x0600fc00, ANY);
  EXPECT(odd, 1, ANY);
  EXPECT(odd, 2, ANY);
  EXPECT(kernel_pc, 0x80000000, SEGV);
  EXPECT(kernel_pc, 0xc0008000, SEGV);
  EXPECT(kernel_pc, 0xfffffff0, SEGV);
  EXPECT(kernel_pc, 0, SEGV);
  static const uint32_t nowhere[] = {0, 8, 0x7ffffff8, 0x80000000, 0x80000100, 0xc0000000, 0xfffffc00, 0xfffffff0, 0xfffffff8, 0xffffffff};
  for (unsigned i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
    EXPECT(frame_at, nowhere[i], SEGV);
    EXPECT(plain_frame_at, nowhere[i], SEGV);
    EXPECT(stack_pointer, nowhere[i], FINE);
    EXPECT(handler_without_stack, nowhere[i], SEGV);
  }
  EXPECT(frame_moved, 0, FINE);
  EXPECT(frame_moved, 8, FINE);
  EXPECT(frame_moved, 4, SEGV);
  EXPECT(frame_moved, 1, SEGV);
  EXPECT(frame_cut, 128, SEGV);
  EXPECT(frame_cut, 232, SEGV);
  EXPECT(frame_cut, 384, SEGV);
  EXPECT(floats_word, 0, SEGV);
  EXPECT(floats_word, 1, SEGV);
  EXPECT(floats_word, 2, FINE);
  EXPECT(floats_control, 0xffffffff, FINE);
  EXPECT(masked, SIGKILL, SIGKILL);
  EXPECT(masked, SIGTERM, FINE);
  EXPECT(mask_kept, 0, FINE);
}

/* Handlers that are none. */
static unsigned long handler_flags;
static void handler_at(uint32_t address) {
  act(SIGUSR1, (void *)address, handler_flags, 0);
  send(SIGUSR1);
}
static void fault_handler_at(uint32_t address) {
  act(SIGSEGV, (void *)address, handler_flags, 0);
  *(volatile int *)16 = 1;
}
static void leaves(int number) {
  (void)number;
  _exit(7);
}
static void handlers(void) {
  uint32_t image = getauxval(AT_SYSINFO_EHDR);
  const uint32_t places[] = {16, 17, 0x80000000, 0x80008001, 0xc0008000, 0xfffffff0, (uintptr_t)&frame, image ? image - 4096 : 16};
  for (int round = 0; round < 3; round++) {
    handler_flags = round == 0 ? 0 : round == 1 ? SA_SIGINFO | SA_ONSTACK : SA_SIGINFO | SA_RESETHAND;
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
      EXPECT(handler_at, places[i], SEGV);
      EXPECT(fault_handler_at, places[i], SEGV);
    }
  }
  handler_flags = 0;
  EXPECT(handler_at, (uintptr_t)lands_in_thumb | 1, FINE);
  EXPECT(handler_at, (uintptr_t)leaves, FINE);
  EXPECT(fault_handler_at, (uintptr_t)leaves, FINE);
  /* A frame for each of its own faults, until the stack is full. */
  handler_flags = SA_NODEFER;
  EXPECT(fault_handler_at, 0xc0008000, SEGV);
}

/* Stacks for handlers. */
static void on_stack(uint32_t base, uint32_t size) {
  stack_t given = {(void *)base, 0, size};
  if (syscall(SYS_sigaltstack, &given, 0)) _exit(8);
  act(SIGUSR1, leaves, SA_ONSTACK, 0);
  send(SIGUSR1);
}
static void stack_at(uint32_t base) { on_stack(base, 0x4000); }
static void stack_of(uint32_t size) {
  stack_t given = {edge() - 4096, 0, size};
  _exit(syscall(SYS_sigaltstack, &given, 0) == -1 && errno == ENOMEM ? 7 : 8);
}
static void stack_without(uint32_t access) {
  on_stack((uintptr_t)mmap(0, 0x4000, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 0x4000);
}
static void stack_that_wraps(uint32_t rest) {
  char *end = mmap(0, 0x4000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  on_stack(0xfffff000, 0x1000 + (rest ? (uintptr_t)end + 0x4000 : 0));
}
static void stacks(void) {
  static const uint32_t bases[] = {0, 16, 0x7ffff000, 0x80000000, 0xc0000000, 0xffff8000, 0xfffff000, 0xffffffff};
  for (unsigned i = 0; i < sizeof bases / sizeof *bases; i++) EXPECT(stack_at, bases[i], SEGV);
  EXPECT(stack_of, 0, FINE);
  EXPECT(stack_of, 1, FINE);
  EXPECT(stack_of, 2047, FINE);
  EXPECT(stack_without, PROT_READ, SEGV);
  EXPECT(stack_without, PROT_NONE, SEGV);
  EXPECT(stack_without, PROT_READ | PROT_WRITE, FINE);
  EXPECT(stack_that_wraps, 0, SEGV);
  EXPECT(stack_that_wraps, 1, FINE);
}

/* Nested handlers until the stack is full. */
static void again(int number) { send(number); }
static void again_full(int number, siginfo_t *given, void *where) {
  (void)given, (void)where;
  kill(getpid(), number);
}
static void storm(uint32_t has_info) {
  act(SIGUSR1, has_info ? (void *)again_full : (void *)again, SA_NODEFER | (has_info ? SA_SIGINFO : 0), 0);
  send(SIGUSR1);
}
static void storm_that_is_caught(uint32_t has_info) {
  static char room[16384];
  stack_t given = {room, 0, sizeof room};
  syscall(SYS_sigaltstack, &given, 0);
  act(SIGSEGV, leaves, SA_ONSTACK, 0);
  storm(has_info);
}
static void storm_of_two(uint32_t unused) {
  (void)unused;
  act(SIGUSR2, again, SA_NODEFER, 0), act(SIGSEGV, again, SA_NODEFER, 0);
  storm(0);
}
static void storms(void) {
  EXPECT(storm, 0, SEGV);
  EXPECT(storm, 1, SEGV);
  EXPECT(storm_that_is_caught, 0, FINE);
  EXPECT(storm_that_is_caught, 1, FINE);
  EXPECT(storm_of_two, 0, SEGV);
}

/* Calls that are refused. */
#define REFUSED(error, ...) \
  CHECK((errno = 0, syscall(__VA_ARGS__)) == -1 && errno == error, "%s: %d", #__VA_ARGS__, errno)
static void calls(void) {
  struct kernel_action action = {plain, 0, 0, {0, 0}};
  static const int none[] = {0, 65, SIGKILL, SIGSTOP, -1, 0x7fffffff};
  for (unsigned i = 0; i < sizeof none / sizeof *none; i++) REFUSED(EINVAL, SYS_rt_sigaction, none[i], &action, 0, 8);
  REFUSED(EINVAL, SYS_rt_sigaction, 65, 0, &action, 8);
  CHECK(syscall(SYS_rt_sigaction, SIGKILL, 0, &action, 8) == 0 && action.handler == 0, "KILL is asked for");
  static const int sizes[] = {0, 4, 7, 16, -8};
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    REFUSED(EINVAL, SYS_rt_sigaction, SIGUSR1, &action, 0, sizes[i]);
    REFUSED(EINVAL, SYS_rt_sigprocmask, SIG_BLOCK, &action, 0, sizes[i]);
    REFUSED(EINVAL, SYS_rt_sigsuspend, &action, sizes[i]);
    REFUSED(EINVAL, SYS_rt_sigtimedwait, &action, 0, 0, sizes[i]);
  }
  static const uint32_t bad[] = {16, 0x80000000, 0xc0000000, 0xfffffff0, 0xfffffffc};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    REFUSED(EFAULT, SYS_rt_sigaction, SIGUSR1, bad[i], 0, 8);
    REFUSED(EFAULT, SYS_rt_sigaction, SIGUSR1, 0, bad[i], 8);
    REFUSED(EFAULT, SYS_rt_sigprocmask, SIG_BLOCK, bad[i], 0, 8);
    REFUSED(EFAULT, SYS_rt_sigprocmask, SIG_BLOCK, 0, bad[i], 8);
    REFUSED(EFAULT, SYS_rt_sigpending, bad[i], 8);
    REFUSED(EFAULT, SYS_rt_sigsuspend, bad[i], 8);
    REFUSED(EFAULT, SYS_sigaltstack, bad[i], 0);
    REFUSED(EFAULT, SYS_sigaltstack, 0, bad[i]);
    REFUSED(EFAULT, SYS_rt_sigqueueinfo, getpid(), SIGUSR1, bad[i]);
  }
  char *end = edge();
  REFUSED(EFAULT, SYS_rt_sigaction, SIGUSR1, end - 16, 0, 8);
  REFUSED(EFAULT, SYS_rt_sigaction, SIGUSR1, 0, end - 16, 8);
  REFUSED(EINVAL, SYS_rt_sigprocmask, 3, &action, 0, 8);
  static const int codes[] = {0, 1, SI_KERNEL, 0x7fffffff, SI_TKILL};
  int parent = getppid();
  siginfo_t forged = {0};
  for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
    forged.si_code = codes[i];
    REFUSED(EPERM, SYS_rt_sigqueueinfo, parent, SIGTERM, &forged);
    REFUSED(EPERM, SYS_rt_tgsigqueueinfo, parent, parent, SIGTERM, &forged);
  }
  forged.si_code = SI_QUEUE;
  REFUSED(EINVAL, SYS_rt_sigqueueinfo, parent, 65, &forged);
  static const int absent[] = {9999, 0x7fffffff, -9999, (int)0x80000000};
  for (unsigned i = 0; i < sizeof absent / sizeof *absent; i++) {
    REFUSED(ESRCH, SYS_kill, absent[i], 0);
    REFUSED(ESRCH, SYS_kill, absent[i], SIGTERM);
  }
  REFUSED(ESRCH, SYS_rt_sigqueueinfo, 9999, SIGTERM, &forged);
  REFUSED(ESRCH, SYS_tkill, 9999, SIGTERM);
  REFUSED(ESRCH, SYS_tgkill, 9999, getpid(), SIGTERM);
  REFUSED(EINVAL, SYS_tgkill, 0, getpid(), SIGTERM);
  REFUSED(EINVAL, SYS_tkill, -1, SIGTERM);
  REFUSED(EINVAL, SYS_kill, getpid(), 65);
  REFUSED(EINVAL, SYS_kill, getpid(), -1);
}
static void refused(uint32_t unused) {
  (void)unused;
  failures = 0; /* The parent's */
  calls();
  fflush(stdout);
  _exit(failures ? 8 : 7);
}

/* Signals to init, which has no handlers, by each number that names it; also while init blocks them. A child
 * in init's group is a target as well. */
static void hurt_init(uint32_t blocked) {
  static const int numbers[] = {SIGTERM, SIGKILL, SIGALRM, SIGSEGV, 34, 64};
  (void)blocked;
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    siginfo_t forged = {.si_signo = numbers[i], .si_code = SI_TIMER, .si_pid = 1};
    kill(1, numbers[i]);
    syscall(SYS_tkill, 1, numbers[i]);
    syscall(SYS_rt_sigqueueinfo, 1, numbers[i], &forged);
    act(numbers[i], SIG_IGN, 0, 0);
    if (numbers[i] != SIGKILL) kill(0, numbers[i]);
  }
  _exit(7);
}
static void init_lives(void) {
  if (getpid() != 1) return;
  EXPECT(hurt_init, 0, FINE);
  mask(SIG_BLOCK, ~0ull);
  EXPECT(hurt_init, 1, FINE);
  mask(SIG_SETMASK, 0);
}

int main(void) {
  init_lives();
  act(SIGUSR1, keep, SA_SIGINFO, 0);
  send(SIGUSR1);
  act(SIGUSR1, SIG_DFL, 0, 0);
  uint64_t start = now();
  long before = 0;
  /* In the first round the parent touches pages of its own. */
  for (int round = 0; round < 2; round++) {
    before = free_kib();
    returns(), handlers(), stacks(), storms();
    EXPECT(refused, 0, FINE);
  }
  long after = free_kib();
  struct timespec time = {0, 2000000};
  uint64_t then = now();
  CHECK(then > start && nanosleep(&time, 0) == 0 && now() - then >= 2000000, "the clock");
  CHECK(before == after, "memory: %ld KiB before, %ld KiB after", before, after);
  CHECK(mask(SIG_BLOCK, 0) == 0 && pending() == 0, "signals are left");
  CHECK(waitpid(-1, 0, WNOHANG) == -1 && errno == ECHILD, "children are left");
  return verdict("signal_attack");
}
