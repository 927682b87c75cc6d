// SPDX-License-Identifier: Apache-2.0
/* A call that does not exist answers ENOSYS and changes nothing: neither a register nor memory. */
#include <errno.h>
#include <stdint.h>

#include "check.h"

/* The call by hand, with every register that the kernel must keep filled with a value of its own.
 * Returns r0; *changed counts the registers that came back different. */
static int32_t call(uint32_t number, int *changed) {
  register uint32_t r0 __asm__("r0") = 0xa0, r1 __asm__("r1") = 0xa1, r2 __asm__("r2") = 0xa2;
  register uint32_t r3 __asm__("r3") = 0xa3, r4 __asm__("r4") = 0xa4, r5 __asm__("r5") = 0xa5;
  register uint32_t r8 __asm__("r8") = number, r9 __asm__("r9") = 0xa9;
  __asm__ volatile("push {r7}\n\tmov r7, r8\n\tsvc #0\n\tmov r8, r7\n\tpop {r7}"
                   : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r8), "+r"(r9)
                   :
                   : "memory", "r12", "cc");
  *changed = (r1 != 0xa1) + (r2 != 0xa2) + (r3 != 0xa3) + (r4 != 0xa4) + (r5 != 0xa5) +
             (r8 != number) + (r9 != 0xa9);
  return (int32_t)r0;
}

int main(void) {
  static const uint32_t unknown[] = {17, 222, 223, 600, 0x7fff, 0xeffff};
  for (unsigned i = 0; i < sizeof unknown / sizeof *unknown; i++) {
    int changed;
    int32_t result = call(unknown[i], &changed);
    CHECK(result == -ENOSYS, "call %u: %d", unknown[i], result);
    CHECK(changed == 0, "call %u changed %d registers", unknown[i], changed);
  }
  return verdict("enosys");
}
