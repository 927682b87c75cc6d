// SPDX-License-Identifier: Apache-2.0
/* Signal handlers: their entry, their return, their arguments and their stack. With the argument "bare",
 * handlers have no restorer: they return through the kernel's trampoline.
 */
#include "signals.h"

static void entry(void) {
  count = 0;
  CHECK(act(SIGUSR1, plain, 0, 0) == 0, "sigaction");
  CHECK(send(SIGUSR1) == 0 && count == 1 && last == SIGUSR1, "plain: %d", count);
  CHECK(act(SIGUSR2, full, SA_SIGINFO, bit(SIGHUP)) == 0, "sigaction");
  uint64_t before = mask(SIG_BLOCK, bit(SIGINT));
  kill(getpid(), SIGUSR2);
  CHECK(count == 2 && info.si_signo == SIGUSR2 && info.si_code == SI_USER && info.si_pid == getpid(),
        "info: %d %d %d", info.si_signo, info.si_code, info.si_pid);
  CHECK(mask_in_handler == (before | bit(SIGINT) | bit(SIGUSR2) | bit(SIGHUP)), "mask %llx",
        (unsigned long long)mask_in_handler);
  CHECK(mask(SIG_SETMASK, before) == (before | bit(SIGINT)), "mask afterwards");
  CHECK(context.uc_flags == 0 && context.uc_link == 0, "context");
  CHECK((context.uc_mcontext.arm_cpsr & 0x1f) == 0x10, "mode %lx", context.uc_mcontext.arm_cpsr);
  uint64_t kept = 0;
  memcpy(&kept, &context.uc_sigmask, 8);
  CHECK(kept == (before | bit(SIGINT)), "kept mask %llx", (unsigned long long)kept);
  CHECK(context.uc_mcontext.oldmask == (uint32_t)kept, "oldmask");
  CHECK((stack_in_handler & 7) == 0, "alignment");
  CHECK(offsetof(ucontext_t, uc_mcontext) == 20 && offsetof(ucontext_t, uc_sigmask) == 104 &&
            offsetof(ucontext_t, uc_regspace) == 232, "layout");
  send(SIGUSR2);
  CHECK(info.si_code == SI_TKILL && info.si_pid == getpid(), "tkill: %d", info.si_code);
}

/* The block of VFP registers; on Linux one for an older coprocessor may precede it. */
static uint32_t *floats(ucontext_t *c) {
  uint32_t *block = (uint32_t *)c->uc_regspace;
  while (block[0] && block[0] != 0x56465001) block += block[1] / 4;
  return block;
}

/* All registers are restored, with the changes that a handler made in its frame. */
static volatile int changes;
static void change(int number, siginfo_t *given, void *where) {
  ucontext_t *c = where;
  (void)number, (void)given;
  float a = 5.0f, b = 6.0f;
  __asm__ volatile("vmov s1, %0\n vmov s31, %1\n vmov.i8 q12, #0xff\n vmov.i8 q0, #0x11" : : "r"(a), "r"(b) : "s1", "s31", "q12", "q0");
  if (!changes) return;
  c->uc_mcontext.arm_r5 = 0x55;
  floats(c)[2] = 0x77;
}
static void registers(void) {
  act(SIGUSR1, change, SA_SIGINFO, 0);
  for (changes = 0; changes < 2; changes++) {
    uint32_t seen[8];
    register int pid __asm__("r0") = getpid();
    register int tid __asm__("r1") = pid; /* The first thread has the process's number. */
    register uint32_t *place __asm__("r6") = seen;
    __asm__ volatile(
        "mov r2, #10\n mov r7, #0x100\n add r7, r7, #12\n"
        "mov r4, #0x44\n mov r5, #0x45\n mov r8, #0x48\n mov lr, #0x4e\n"
        "mov r3, #0x99\n vmov s0, r3\n mov r3, #0x31\n vmov d31, r3, r3\n"
        "cmp r4, r4\n svc 0\n"
        "stmia r6!, {r4, r5, r8, lr}\n mrs r4, cpsr\n vmov r5, s0\n vmov r8, r3, d31\n stmia r6, {r4, r5, r8}\n"
        : "+r"(pid), "+r"(tid), "+r"(place)
        :
        : "r2", "r3", "r4", "r5", "r7", "r8", "lr", "cc", "memory", "d0", "d31");
    uint32_t r4 = seen[0], r5 = seen[1], r8 = seen[2], lr = seen[3], flags = seen[4], s0 = seen[5], d31 = seen[6];
    CHECK(r4 == 0x44 && r8 == 0x48 && lr == 0x4e && r5 == (changes ? 0x55 : 0x45), "%x %x %x", r4, r5, r8);
    CHECK(flags >> 30 == 1, "flags %x", flags);
    CHECK(s0 == (changes ? 0x77 : 0x99) && d31 == 0x31, "floats %x %x", s0, d31);
  }
}

static void floats_block(void) {
  act(SIGUSR2, full, SA_SIGINFO, 0);
  send(SIGUSR2);
  const uint32_t *block = floats(&context);
  CHECK(block[0] == 0x56465001 && block[1] == 288 && block[72] == 0, "%x %x %x", block[0], block[1], block[72]);
}

static void nested(int number) {
  plain(number);
  if (number == SIGUSR1 && count == 1) {
    send(SIGUSR2);
    CHECK(count == 2, "nested at once");
    send(SIGUSR1);
    CHECK(count == 2, "not the same");
  }
}
static void nesting(void) {
  count = 0;
  act(SIGUSR1, nested, 0, 0), act(SIGUSR2, nested, 0, 0);
  send(SIGUSR1);
  CHECK(count >= 3 && order[0] == SIGUSR1 && order[1] == SIGUSR2, "order");
  CHECK(order[2] == SIGUSR1, "the same again afterwards");
  /* Several that wait: each is put on top of the one before, so the last one runs first. */
  act(SIGUSR1, plain, 0, 0), act(SIGUSR2, plain, 0, 0), act(SIGHUP, plain, 0, 0);
  count = 0;
  uint64_t old = mask(SIG_BLOCK, bit(SIGUSR1) | bit(SIGUSR2) | bit(SIGHUP));
  send(SIGUSR2), send(SIGHUP), send(SIGUSR1), send(SIGUSR1);
  CHECK(pending() == (bit(SIGUSR1) | bit(SIGUSR2) | bit(SIGHUP)), "pending");
  mask(SIG_SETMASK, old);
  CHECK(count == 3 && order[0] == SIGUSR2 && order[1] == SIGUSR1 && order[2] == SIGHUP, "%d: %d %d %d",
        count, order[0], order[1], order[2]);
  CHECK(pending() == 0, "nothing is left");
}

static volatile int depth;
static void defer(int number) {
  int mine = ++depth;
  if (mine < 5) send(number);
  if (depth != 5) depth = -100;
}
static void flags(void) {
  act(SIGUSR1, defer, SA_NODEFER, 0);
  depth = 0, send(SIGUSR1);
  CHECK(depth == 5, "SA_NODEFER: %d", depth);
  act(SIGUSR1, plain, SA_RESETHAND, 0);
  struct kernel_action action;
  send(SIGUSR1);
  syscall(SYS_rt_sigaction, SIGUSR1, 0, &action, 8);
  CHECK(action.handler == 0, "SA_RESETHAND");
  act(SIGUSR1, plain, 0xffffffffu & ~SA_RESTORER_BIT & ~SA_RESETHAND, ~0ull);
  syscall(SYS_rt_sigaction, SIGUSR1, 0, &action, 8);
  CHECK((action.flags & ~SA_RESTORER_BIT) == 0x5a000807, "flags %lx", action.flags);
  CHECK(action.mask[0] == (uint32_t)~(bit(SIGKILL) | bit(SIGSTOP)) && action.mask[1] == ~0u, "mask");
  /* Ignoring a signal drops a pending one; a blocked signal stays pending. */
  uint64_t old = mask(SIG_BLOCK, bit(SIGUSR1) | bit(SIGCHLD) | bit(34));
  send(SIGUSR1), kill(getpid(), SIGCHLD), kill(getpid(), 34);
  CHECK(pending() == (bit(SIGUSR1) | bit(SIGCHLD) | bit(34)), "%llx", (unsigned long long)pending());
  act(SIGUSR1, SIG_IGN, 0, 0), act(34, SIG_IGN, 0, 0), act(SIGCHLD, SIG_DFL, 0, 0);
  CHECK(pending() == 0, "%llx", (unsigned long long)pending());
  send(SIGUSR1);
  CHECK(pending() == bit(SIGUSR1), "ignored, but blocked");
  mask(SIG_SETMASK, old);
  CHECK(pending() == 0, "ignored");
}

static sigjmp_buf back;
static uint32_t *page;
static void jump(int number, siginfo_t *given, void *where) {
  full(number, given, where);
  siglongjmp(back, 1);
}
static void step(int number, siginfo_t *given, void *where) {
  full(number, given, where);
  ((ucontext_t *)where)->uc_mcontext.arm_pc += 4;
}
static void faults(void) {
  page = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap((char *)page + 4096, 4096);
  (void)*(volatile uint32_t *)page;
  act(SIGSEGV, jump, SA_SIGINFO, 0), act(SIGILL, step, SA_SIGINFO, 0), act(SIGBUS, jump, SA_SIGINFO, 0);
  if (!sigsetjmp(back, 1)) *(volatile uint32_t *)page = 1;
  CHECK(info.si_code == SEGV_ACCERR && info.si_addr == page, "%d %p", info.si_code, info.si_addr);
  CHECK(context.uc_mcontext.fault_address == (uintptr_t)page && context.uc_mcontext.trap_no == 14, "%lx %lx",
        context.uc_mcontext.fault_address, context.uc_mcontext.trap_no);
  CHECK((context.uc_mcontext.error_code & 0x80f) == 0x80f, "%lx", context.uc_mcontext.error_code);
  if (!sigsetjmp(back, 1)) (void)*(volatile uint32_t *)((char *)page + 4096);
  CHECK(info.si_code == SEGV_MAPERR && info.si_addr == (char *)page + 4096, "%d %p", info.si_code, info.si_addr);
  CHECK((context.uc_mcontext.error_code & 0x80d) == 5, "%lx", context.uc_mcontext.error_code);
  if (!sigsetjmp(back, 1)) (void)*(volatile uint32_t *)0xc0008000;
  CHECK(info.si_signo == SIGSEGV && info.si_addr == (void *)0xc0008000, "%d %p", info.si_code, info.si_addr);
  if (!sigsetjmp(back, 1)) ((void (*)(void))page)();
  CHECK(info.si_code == SEGV_ACCERR && info.si_addr == page && context.uc_mcontext.arm_pc == (uintptr_t)page,
        "%d %p %lx", info.si_code, info.si_addr, context.uc_mcontext.arm_pc);
  CHECK(context.uc_mcontext.error_code >> 31 == 1, "%lx", context.uc_mcontext.error_code);
  count = 0;
  __asm__ volatile(".arm\n b 1f\n .balign 4\n1: .inst 0xe7f123f4\n" : : : "memory");
  CHECK(count == 1 && info.si_signo == SIGILL && info.si_code == ILL_ILLOPC &&
            (uintptr_t)info.si_addr == context.uc_mcontext.arm_pc && context.uc_mcontext.trap_no == 6,
        "%d %d", count, info.si_code);
  uint32_t words[4] = {0};
  if (!sigsetjmp(back, 1)) __asm__ volatile("ldrex r0, [%0]" : : "r"((char *)words + 1) : "r0", "memory");
  CHECK(info.si_signo == SIGBUS && info.si_code == BUS_ADRALN && info.si_addr == (char *)words + 1, "%d %d %p",
        info.si_signo, info.si_code, info.si_addr);
  act(SIGTRAP, jump, SA_SIGINFO, 0);
  if (!sigsetjmp(back, 1)) __asm__ volatile("bkpt #0");
  CHECK(info.si_signo == SIGTRAP && info.si_code == 4 /* TRAP_HWBKPT */, "%d", info.si_code);
  uint64_t old = mask(SIG_BLOCK, 0);
  CHECK((old & (bit(SIGSEGV) | bit(SIGTRAP))) == 0, "siglongjmp gives the mask back");
  munmap(page, 4096);
}

static char stack[16384] __attribute__((aligned(8)));
static stack_t state;
static void on_stack(int number, siginfo_t *given, void *where) {
  full(number, given, where);
  sigaltstack(0, &state);
  stack_t other = {stack + 4096, 0, 4096};
  errno = 0;
  depth = sigaltstack(&other, 0) ? errno : 0;
  if (number == SIGUSR1) send(SIGUSR2);
}
static void second(int number, siginfo_t *given, void *where) {
  (void)number, (void)given;
  stack_in_handler = (uintptr_t)where;
}
static void alternate(void) {
  stack_t given = {stack, 0, sizeof stack}, old;
  uintptr_t low = (uintptr_t)stack, high = low + sizeof stack;
  CHECK(sigaltstack(0, &old) == 0 && old.ss_flags == SS_DISABLE, "none at first: %d", old.ss_flags);
  CHECK(syscall(SYS_sigaltstack, &given, 0) == 0, "set");
  act(SIGUSR1, on_stack, SA_SIGINFO | SA_ONSTACK, 0), act(SIGUSR2, second, SA_SIGINFO | SA_ONSTACK, 0);
  send(SIGUSR1);
  CHECK(stack_in_handler > low && stack_in_handler < high - 1700, "nested on the same stack: %x", high - stack_in_handler);
  CHECK(state.ss_flags == SS_ONSTACK && depth == EPERM, "%d %d", state.ss_flags, depth);
  CHECK(context.uc_stack.ss_sp == stack && context.uc_stack.ss_size == sizeof stack && context.uc_stack.ss_flags == 0, "kept");
  act(SIGUSR2, second, SA_SIGINFO, 0), send(SIGUSR2);
  CHECK(stack_in_handler < low || stack_in_handler >= high, "without SA_ONSTACK");
  given.ss_flags = 1 << 31;
  CHECK(syscall(SYS_sigaltstack, &given, &old) == 0 && old.ss_flags == 0, "SS_AUTODISARM");
  act(SIGUSR1, on_stack, SA_SIGINFO | SA_ONSTACK, 0), act(SIGUSR2, SIG_IGN, 0, 0);
  send(SIGUSR1);
  CHECK(state.ss_flags == SS_DISABLE && depth == 0, "disarmed: %x %d", state.ss_flags, depth);
  CHECK(syscall(SYS_sigaltstack, 0, &old) == 0 && old.ss_flags == (int)(1u << 31) && old.ss_sp == stack, "armed again: %x", old.ss_flags);
  stack_t bad = {stack, 0, 2047};
  CHECK(syscall(SYS_sigaltstack, &bad, 0) == -1 && errno == ENOMEM, "%d", errno);
  bad.ss_flags = 4, bad.ss_size = 8192;
  CHECK(syscall(SYS_sigaltstack, &bad, 0) == -1 && errno == EINVAL, "%d", errno);
  bad.ss_flags = 3;
  CHECK(syscall(SYS_sigaltstack, &bad, 0) == -1 && errno == EINVAL, "%d", errno);
  bad.ss_flags = SS_ONSTACK;
  CHECK(syscall(SYS_sigaltstack, &bad, &old) == 0 && syscall(SYS_sigaltstack, 0, &old) == 0 && old.ss_flags == 0, "%x", old.ss_flags);
  CHECK(syscall(SYS_sigaltstack, 16, 0) == -1 && errno == EFAULT && syscall(SYS_sigaltstack, 0, 16) == -1 && errno == EFAULT, "%d", errno);
  stack_t off = {stack, SS_DISABLE, 99};
  CHECK(syscall(SYS_sigaltstack, &off, 0) == 0 && syscall(SYS_sigaltstack, 0, &old) == 0 && old.ss_flags == SS_DISABLE &&
            old.ss_sp == 0 && old.ss_size == 0, "%x", old.ss_flags);
}

static void suspends(void) {
  act(SIGUSR1, full, SA_SIGINFO, 0);
  count = 0;
  uint64_t old = mask(SIG_BLOCK, bit(SIGUSR1)), open = 0, kept;
  send(SIGUSR1);
  CHECK(count == 0 && syscall(SYS_rt_sigsuspend, &open, 8) == -1 && errno == EINTR && count == 1, "%d", count);
  memcpy(&kept, &context.uc_sigmask, 8);
  CHECK(kept == (old | bit(SIGUSR1)), "the frame has the mask before: %llx", (unsigned long long)kept);
  CHECK(mask_in_handler == bit(SIGUSR1), "mask in the handler %llx", (unsigned long long)mask_in_handler);
  CHECK(mask(SIG_SETMASK, old) == (old | bit(SIGUSR1)), "mask afterwards");
  CHECK(syscall(SYS_rt_sigsuspend, &open, 4) == -1 && errno == EINVAL, "%d", errno);
  CHECK(syscall(SYS_rt_sigsuspend, 16, 8) == -1 && errno == EFAULT, "%d", errno);
}

int main(int argc, char **argv) {
  is_bare = argc > 1 && !strcmp(argv[1], "bare");
  static void (*const parts[])(void) = {entry, registers, floats_block, nesting, flags, faults, alternate, suspends, 0};
  return run_as_child(parts, "signal_handlers");
}
