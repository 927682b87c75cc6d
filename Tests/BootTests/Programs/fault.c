// SPDX-License-Identifier: Apache-2.0
/* Does one forbidden thing, named by the first argument; the kernel must end the program with the
 * signal that Linux sends for it (status 128+n) and go on itself. Without a name it lists them.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

static void read_from(uintptr_t address) { (void)*(volatile uint32_t *)address; }
static void write_to(uintptr_t address) { *(volatile uint32_t *)address = 0xe7f000f0; }
static void jump_to(uintptr_t address) { ((void (*)(void))address)(); }

static uintptr_t page_of_time(void) { return getauxval(AT_SYSINFO_EHDR) - 4096; }
static const uint32_t constant = 1;
static uint32_t variable = 0xe12fff1e; /* bx lr, in ARM */
__attribute__((noinline)) static void jump_into(uint32_t *words) { jump_to((uintptr_t)words); }

static void null_read(void) { read_from(0); }
static void null_write(void) { write_to(0); }
static void null_jump(void) { jump_to(0); }
static void text_write(void) { write_to((uintptr_t)read_from & ~(uintptr_t)3); }
static void constant_write(void) { write_to((uintptr_t)&constant); }
static void data_jump(void) { jump_to((uintptr_t)&variable); }
static void stack_jump(void) { uint32_t code[2] = {variable, variable}; jump_into(code); }
static void vvar_write(void) { write_to(page_of_time()); }
static void vvar_jump(void) { jump_to(page_of_time()); }
static void vdso_write(void) { write_to(page_of_time() + 4096); }
static void unmapped_read(void) { read_from(0x70000000); }
static void kernel_read(void) { read_from(0xc0010000); }
static void kernel_write(void) { write_to(0x80010000); }
static void kernel_jump(void) { jump_to(0xc0010000); }
static void device_read(void) { read_from(0xf0000000); }
static void vectors_write(void) { write_to(0xffff0000); }
static void undefined(void) { __asm__ volatile("udf #7"); }
static void privileged(void) { __asm__ volatile("mcr p15, 0, %0, c1, c0, 0" ::"r"(0)); }
static void breakpoint(void) { __asm__ volatile("bkpt #0"); }
static void exclusive_unaligned(void) {
  static uint32_t words[2];
  uint32_t value;
  __asm__ volatile("ldrex %0, [%1]" : "=r"(value) : "r"((char *)words + 1));
}
static void stack_pointer_lost(void) { __asm__ volatile("mov sp, %0\n\tpush {r0}" ::"r"(0)); }
__attribute__((noinline)) static uint32_t recurse(uint32_t depth) {
  volatile uint32_t room[1024] = {depth};
  return depth == UINT32_MAX ? 0 : recurse(depth + 1) + room[depth % 1024];
}
static void stack_overflow(void) { printf("%u\n", recurse(0)); }

/* The expected signal: 4 SIGILL, 5 SIGTRAP, 7 SIGBUS, 11 SIGSEGV. */
static const struct kind { const char *name; void (*act)(void); int signal; } kinds[] = {
  {"null-read", null_read, 11}, {"null-write", null_write, 11}, {"null-jump", null_jump, 11},
  {"text-write", text_write, 11}, {"constant-write", constant_write, 11},
  {"data-jump", data_jump, 11}, {"stack-jump", stack_jump, 11},
  {"vvar-write", vvar_write, 11}, {"vvar-jump", vvar_jump, 11}, {"vdso-write", vdso_write, 11},
  {"unmapped-read", unmapped_read, 11}, {"kernel-read", kernel_read, 11},
  {"kernel-write", kernel_write, 11}, {"kernel-jump", kernel_jump, 11},
  {"device-read", device_read, 11}, {"vectors-write", vectors_write, 11},
  {"undefined", undefined, 4}, {"privileged", privileged, 4}, {"breakpoint", breakpoint, 5},
  {"exclusive-unaligned", exclusive_unaligned, 7}, {"stack-pointer-lost", stack_pointer_lost, 11},
  {"stack-overflow", stack_overflow, 11},
};

int main(int argc, char **argv) {
  for (const struct kind *k = kinds; k < kinds + sizeof kinds / sizeof *kinds; k++) {
    if (argc < 2) printf("%s %d\n", k->name, k->signal);
    if (argc > 1 && !strcmp(argv[1], k->name)) {
      k->act();
      printf("%s was allowed\n", k->name);
      return 1;
    }
  }
  if (argc > 1) printf("no fault is named %s\n", argv[1]);
  return argc > 1 ? 2 : 0;
}
