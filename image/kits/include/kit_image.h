// SPDX-License-Identifier: Apache-2.0
/* What the sources of a kit have beyond C and Swift: the addresses of its pages, and loads and
 * stores that the compiler neither moves nor merges. For the host's tests the pages are anywhere.
 */
#ifndef KIT_IMAGE_H
#define KIT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIT_INLINE static inline __attribute__((always_inline))
#define KIT_EXPORT extern __attribute__((visibility("default")))

#if defined(__arm__)
/* The address of a part of the group, or some constant bytes behind it, relative to this code: no
 * search, no relocation. The result is opaque to the compiler, which knows nothing about the contents. */
#define KIT_ADDRESS_BEHIND(symbol, bytes)                                           \
  void *address;                                                                    \
  __asm__("movw %0, :lower16:(" symbol " + %c1 - (1f + 8))\n\t"                     \
          "movt %0, :upper16:(" symbol " + %c1 - (1f + 8))\n"                       \
          "1:\tadd %0, pc, %0"                                                      \
          : "=r"(address)                                                           \
          : "i"(bytes));                                                            \
  return address
#else
/* A host's test sets the addresses, in the order of the roles. */
extern void *_Nullable kit_host_pages[];
#if __has_feature(thread_sanitizer)
/* A test of races makes barriers of what ThreadSanitizer knows: it knows no fences. */
void kit_host_fence(void);
#define KIT_FENCE(order) kit_host_fence()
#else
#define KIT_FENCE(order) __atomic_thread_fence(order)
#endif
#define KIT_ADDRESS_BEHIND(symbol, bytes)                                           \
  int role = symbol[6] == 'k' ? 0 : symbol[6] == 'o' ? 1 : symbol[6] == 's' ? 2 : 3; \
  return (char *_Nonnull)kit_host_pages[role] + (bytes)
#endif
#define KIT_ADDRESS(symbol) KIT_ADDRESS_BEHIND(symbol, 0)

/* The pages that the kernel writes for all programs. */
KIT_INLINE const void *_Nonnull kit_kernel_pages(void) { KIT_ADDRESS("__kit_kernel_pages"); }
/* The pages that the kernel writes for this process. */
KIT_INLINE const void *_Nonnull kit_own_pages(void) { KIT_ADDRESS("__kit_own_pages"); }
/* The pages that programs write. A store without the right is a SIGSEGV. */
KIT_INLINE void *_Nonnull kit_shared_pages(void) { KIT_ADDRESS("__kit_shared_pages"); }

/* The pages of the members, in the order of their slots. A store to those of another is a SIGSEGV. */
KIT_INLINE char *_Nonnull kit_member_pages(void) { KIT_ADDRESS("__kit_member_pages"); }

/* One load of `size` bytes, 1 to 4. */
KIT_INLINE uint32_t kit_load(const void *_Nonnull at, uint32_t size) {
  if (size == 1) return *(const volatile uint8_t *)at;
  if (size == 2) return *(const volatile uint16_t *)at;
  return *(const volatile uint32_t *)at;
}

/* Two loads of 32 bits. A writer may have changed the number in between. */
KIT_INLINE uint64_t kit_load_long(const void *_Nonnull at) {
  const volatile uint32_t *words = (const volatile uint32_t *)at;
  uint32_t low = words[0];
  return (uint64_t)words[1] << 32 | low;
}

/* Orders loads before it and loads after it. */
KIT_INLINE void kit_load_barrier(void) {
#if defined(__arm__)
  __asm__ volatile("dmb ish" ::: "memory");
#else
  KIT_FENCE(__ATOMIC_ACQUIRE);
#endif
}

/* Orders all loads and stores before it and all after it. */
KIT_INLINE void kit_barrier(void) {
#if defined(__arm__)
  __asm__ volatile("dmb ish" ::: "memory");
#else
  KIT_FENCE(__ATOMIC_SEQ_CST);
#endif
}

/* One store of a word. */
KIT_INLINE void kit_store(void *_Nonnull at, uint32_t value) {
  *(volatile uint32_t *)at = value;
}

/* One try to add to a word that others change, too: false if one of them was faster, or if the
 * thread was interrupted. It orders nothing else. */
KIT_INLINE bool kit_try_add(void *_Nonnull at, uint32_t value) {
#if defined(__arm__)
  uint32_t sum, failed;
  __asm__ volatile("ldrex %0, [%2]\n\tadd %0, %0, %3\n\tstrex %1, %0, [%2]"
                   : "=&r"(sum), "=&r"(failed)
                   : "r"(at), "r"(value)
                   : "memory");
  return !failed;
#else
  __atomic_fetch_add((uint32_t *)at, value, __ATOMIC_RELAXED);
  return true;
#endif
}

/* One try to change a word from `old` to `value`: false if it is not `old`, or as above. */
KIT_INLINE bool kit_try_exchange(void *_Nonnull at, uint32_t old, uint32_t value) {
#if defined(__arm__)
  uint32_t found, failed = 1;
  __asm__ volatile("dmb ish\n\tldrex %0, [%2]\n\tcmp %0, %3\n\tstrexeq %1, %4, [%2]\n\tdmb ish"
                   : "=&r"(found), "+&r"(failed)
                   : "r"(at), "r"(old), "r"(value)
                   : "memory", "cc");
  return !failed;
#else
  return __atomic_compare_exchange_n(
      (uint32_t *)at, &old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
#endif
}

#endif
