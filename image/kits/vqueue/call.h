// SPDX-License-Identifier: Apache-2.0
/* The system call of vqueue. Apart from lane.h, because tools/gates assembles it by itself. */
#ifndef VQUEUE_CALL_H
#define VQUEUE_CALL_H

#include <stdint.h>

#if defined(__arm__)
static inline int32_t vqueue_call(uint32_t number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
    uintptr_t e, uintptr_t f) {
  register uintptr_t r0 __asm__("r0") = a;
  register uintptr_t r1 __asm__("r1") = b;
  register uintptr_t r2 __asm__("r2") = c;
  register uintptr_t r3 __asm__("r3") = d;
  register uintptr_t r4 __asm__("r4") = e;
  register uintptr_t r5 __asm__("r5") = f;
  register uint32_t r7 __asm__("r7") = number;
  __asm__ volatile("svc #0"
                   : "+r"(r0)
                   : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r7)
                   : "memory");
  return (int32_t)r0;
}
#else
int32_t vqueue_call(uint32_t number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
    uintptr_t e, uintptr_t f); /* the host test's */
#endif

#endif
