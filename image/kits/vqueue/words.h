// SPDX-License-Identifier: Apache-2.0
/* What the hot paths of vqueue have beyond C: a lock, a copy, and values that the compiler does not know.
 * Apart from lane.h, because tools/gates assembles it by itself. */
#ifndef VQUEUE_WORDS_H
#define VQUEUE_WORDS_H

#include "kit_image.h"

enum { VQUEUE_COPIED = 18 * 4 };

/* One try to acquire a lock, a word that is 1 while it is held and else 0: false if it is held, or if the
 * thread was interrupted. What the holder does comes after it. */
KIT_INLINE bool vqueue_try_lock(void *lock) {
#if defined(__arm__)
  uint32_t found, failed;
  /* A lock that is held has 1, so that a store of 1 changes nothing. */
  __asm__ goto("ldrex %0, [%2]\n\tstrex %1, %3, [%2]\n\torrs %0, %0, %1\n\tbne %l4"
               : "=&r"(found), "=&r"(failed)
               : "r"(lock), "r"(1)
               : "memory", "cc"
               : busy);
#else
  if (__atomic_exchange_n((uint32_t *)lock, 1, __ATOMIC_RELAXED)) goto busy;
#endif
  kit_barrier();
  return true;
busy:
  return false;
}

/* Copies VQUEUE_COPIED bytes, a message without its sender. */
KIT_INLINE void vqueue_copy(void *to, const void *from) {
#if defined(__arm__)
  /* The compiler copies with registers that it has to save. */
  __asm__ volatile("ldm %1!, {r4-r9}\n\tstm %0!, {r4-r9}\n\t"
                   "ldm %1!, {r4-r9}\n\tstm %0!, {r4-r9}\n\t"
                   "ldm %1, {r4-r9}\n\tstm %0, {r4-r9}"
                   : "+r"(to), "+r"(from)
                   :
                   : "r4", "r5", "r6", "r7", "r8", "r9", "memory");
#else
  for (uint32_t i = 0; i < VQUEUE_COPIED / 4; i++) ((uint32_t *)to)[i] = ((const uint32_t *)from)[i];
#endif
}

/* An address that the compiler does not take apart: what follows is an offset of one register. */
KIT_INLINE char *vqueue_whole(const volatile void *address) {
  __asm__("" : "+r"(address));
  return (char *)address;
}

/* A result whose value the compiler does not know: it neither prepares it on other paths, nor adds it
 * behind a call whose result the caller returns. */
KIT_INLINE int32_t vqueue_result(int32_t result) {
  __asm__("" : "+r"(result));
  return result;
}

#endif
