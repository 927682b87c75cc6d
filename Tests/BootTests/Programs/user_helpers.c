// SPDX-License-Identifier: Apache-2.0
// Calls Linux's kernel-provided user helpers at their addresses, from four threads as well. The
// output is that of Linux 6.1.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef int compare32(int old, int new, volatile int *place);
typedef int compare64(const int64_t *old, const int64_t *new, volatile int64_t *place);
typedef void barrier(void);
typedef void *pointer(void);
#define COMPARE32 ((compare32 *)0xffff0fc0)
#define COMPARE64 ((compare64 *)0xffff0f60)

static volatile int count;
static volatile int64_t wide;

static void *add(void *unused)
{
  for (int i = 0; i < 20000; i++) {
    int old;
    do old = count;
    while (COMPARE32(old, old + 1, &count) != 0);
    int64_t before, after;
    do {
      before = wide;
      after = before + 0x100000001;
    } while (COMPARE64(&before, &after, &wide) != 0);
  }
  return unused;
}

// The carry flag after a call of the helper at `address`.
static int carry(uintptr_t address, uintptr_t a, uintptr_t b, volatile void *place)
{
  register uintptr_t r0 __asm__("r0") = a;
  register uintptr_t r1 __asm__("r1") = b;
  register volatile void *r2 __asm__("r2") = place;
  int set;
  __asm__ volatile("blx %[f]\n\tmov %[set], #0\n\tmovcs %[set], #1"
                   : "+r"(r0), "+r"(r1), "+r"(r2), [set] "=&r"(set)
                   : [f] "r"(address)
                   : "r3", "ip", "lr", "cc", "memory");
  return set;
}

int main(void)
{
  printf("helpers %d\n", *(volatile int *)0xffff0ffc);
  int place = 5;
  printf("%d %d\n", COMPARE32(5, 6, &place) == 0, place);
  printf("%d %d\n", COMPARE32(5, 7, &place) == 0, place);
  printf("carry %d %d\n", carry(0xffff0fc0, 6, 8, &place), carry(0xffff0fc0, 6, 8, &place));
  int64_t big = 1LL << 40, other = 3, next = -1;
  printf("%d %lld\n", COMPARE64(&other, &next, &big) == 0, (long long)big);
  other = 1LL << 40;
  printf("%d %lld\n", COMPARE64(&other, &next, &big) == 0, (long long)big);
  printf("carry %d", carry(0xffff0f60, (uintptr_t)&next, (uintptr_t)&other, &big));
  printf(" %d\n", carry(0xffff0f60, (uintptr_t)&next, (uintptr_t)&other, &big));
  ((barrier *)0xffff0fa0)();
  printf("pointer %d\n", ((pointer *)0xffff0fe0)() == __builtin_thread_pointer());
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, add, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("count %d wide %llx\n", count, (unsigned long long)wide);
  return 0;
}
