// SPDX-License-Identifier: Apache-2.0
/*
 * The layout of [vvar], the two pages that the kernel writes and programs may only read. The time
 * page is shared by all processes and written by the tick. The page before it is the process's own
 * and is written when its thread is switched in.
 *
 * This header is the only definition of both. The kernel (VdsoModule), the vDSO (image/vdso) and C
 * programs include it. Kernel and vDSO assert the offsets, and the image carries their hash in a
 * note: the kernel refuses an image that was built for another layout.
 *
 * Each page is a latch. `lock_count` counts half-updates. A reader uses bank `lock_count & 1`,
 * which is never the one being written, and tries again only if the count changed meanwhile:
 *
 *     writer: dmb ishst, count + 1, dmb ishst, bank 0, dmb ishst, count + 1, dmb ishst, bank 1
 *     reader: count, dmb ish, bank `count & 1`, dmb ish, count again; if it differs, start again
 *
 * All fields are little-endian 32-bit words. They are read and written by the accessors below,
 * because Swift's importer drops C's `volatile`, and a plain load may be moved or merged.
 */
#ifndef VDSO_PAGE_H
#define VDSO_PAGE_H

#include <stddef.h>
#include <stdint.h>

/* Values that a reader of this header expects in the page. */
enum {
  VDSO_PAGE_MAGIC = 0x53555041,       /* "APUS" in memory */
  VDSO_PAGE_VERSION = 3,              /* changes with any change of layout or meaning */
  VDSO_PAGE_BYTES = 4096,             /* of each of the two pages */
  VDSO_PROCESS_PAGE_BEFORE = 4096,    /* bytes from the process's own page to the time page */
  VDSO_CLOCK_COUNT = 12,              /* clocks 0 to 11 of the Linux ABI have an entry */
  VDSO_SHIFT_MASK = 0xff,             /* the low byte of `limit` */
};

/* One clock at the last update: a point of a straight line. At counter value `c` the clock is
 *
 *     ((c - counter) << k) * mult + (nanoseconds << 32 | fraction)
 *
 * in units of 2^-32 ns. The upper word of this is below two seconds, so one compare and subtract
 * normalise it. Coarse clocks 5 and 6 are the seconds and nanoseconds of 0 and 1.
 *
 * `limit` packs two values, so that a record is eight words and one `ldm` reads it. Its low byte is
 * k. All of it is the extrapolation limit, to compare `c - counter` with: the longest permitted
 * distance, rounded down to a multiple of 256, plus k. 0 permits none: make the system call. */
struct vdso_record {
  uint32_t seconds_low;
  uint32_t seconds_high;
  uint32_t fraction;    /* the remainder below a nanosecond, in 2^-32 ns */
  uint32_t nanoseconds; /* 0 up to 999,999,999 */
  uint32_t counter_low; /* CNTVCT when the sample was taken */
  uint32_t counter_high;
  uint32_t mult;        /* nanoseconds per count, times 2^(32 - k) */
  uint32_t limit;
};

/* One bank: a record for each clock; the clock's number plus one is its index in 32-byte units. The
 * time page has clocks 0 (REALTIME), 1 (MONOTONIC), 4 (MONOTONIC_RAW), 7 (BOOTTIME) and 11 (TAI);
 * the others are zero. Only bank 0 has a `lock_count`, which is the page's; it shares a cache line
 * with REALTIME. */
struct vdso_bank {
  uint32_t lock_count; /* half-updates; starts at 0, wraps */
  uint32_t more[7];
  struct vdso_record clock[15];
};

/* The result of clock_getres for one clock, ready to be copied: the first two words are a
 * 32-bit timespec; a zero and the first three are a 64-bit one. Nanoseconds of 0: make the system
 * call. */
struct vdso_resolution {
  uint32_t seconds; /* 0 */
  uint32_t nanoseconds;
  uint32_t none;    /* 0 */
  uint32_t padding;
};

/* The time page; the rest of it, after the banks, is zero. */
struct vdso_page {
  /* Identity: written once, at module init, before any program runs. */
  uint32_t magic;
  uint32_t version;
  uint32_t size;        /* of this structure, in bytes */
  uint32_t layout_hash; /* vdso_page_layout_hash() */
  uint8_t build_id[20]; /* of the image that this page is mapped with */
  uint32_t reserved[7];

  struct vdso_resolution resolution[VDSO_CLOCK_COUNT]; /* by the clock's number */

  struct vdso_bank bank[2];
};

/* No CPU: with this value in `vdso_process_page.processor`, make the system call. */
enum { VDSO_NO_PROCESSOR = -1 };

/* The process's own page; the rest of it, after the banks, is zero. The banks are at the offset of
 * the time page's, so that one reader serves both. Clocks 2 (PROCESS_CPUTIME_ID) and 3
 * (THREAD_CPUTIME_ID) are lines that begin at the counter of the thread's last switch-in, with the
 * rate of MONOTONIC_RAW. With more than one thread `limit` is 0 and `processor` is
 * VDSO_NO_PROCESSOR. The CPU of the thread writes the page; fork makes a new one. */
struct vdso_process_page {
  uint32_t magic;       /* VDSO_PAGE_MAGIC */
  uint32_t version;     /* VDSO_PAGE_VERSION */
  uint32_t size;        /* of this structure, in bytes */
  uint32_t layout_hash; /* vdso_page_layout_hash() */
  uint32_t process;     /* getpid() */
  uint32_t thread;      /* gettid() */
  uint32_t user;        /* getuid() */
  uint32_t processor;   /* the CPU of the last switch-in: one word, read without the count */
  uint32_t reserved[56];
  struct vdso_bank bank[2];
};

/* Byte offsets, for readers that address the page by word (and for assembly). */
enum {
  VDSO_OFFSET_MAGIC = 0x00,
  VDSO_OFFSET_VERSION = 0x04,
  VDSO_OFFSET_SIZE = 0x08,
  VDSO_OFFSET_LAYOUT_HASH = 0x0c,
  VDSO_OFFSET_BUILD_ID = 0x10,
  VDSO_OFFSET_LOCK_COUNT = 0x100,
  VDSO_OFFSET_RESOLUTION = 0x40,
  VDSO_RESOLUTION_STRIDE = 0x10,
  VDSO_RESOLUTION_NANOSECONDS = 0x04,
  VDSO_OFFSET_BANKS = 0x100,
  VDSO_BANK_STRIDE = 0x200,
  VDSO_BANK_CLOCKS = 0x20,
  VDSO_BANK_BIT = 4, /* the bank is this bit of a record's index */
  VDSO_RECORD_STRIDE = 0x20,
  VDSO_RECORD_SECONDS = 0x00,
  VDSO_RECORD_FRACTION = 0x08,
  VDSO_RECORD_NANOSECONDS = 0x0c,
  VDSO_RECORD_COUNTER = 0x10,
  VDSO_RECORD_MULT = 0x18,
  VDSO_RECORD_LIMIT = 0x1c,
  VDSO_PROCESS_PAGE_PROCESS = 0x10,
  VDSO_PROCESS_PAGE_THREAD = 0x14,
  VDSO_PROCESS_PAGE_USER = 0x18,
  VDSO_PROCESS_PAGE_PROCESSOR = 0x1c,
};

#define VDSO_ASSERT_OFFSET(type, field, offset) \
  _Static_assert(offsetof(struct type, field) == (offset), #type "." #field " has moved")
VDSO_ASSERT_OFFSET(vdso_page, magic, VDSO_OFFSET_MAGIC);
VDSO_ASSERT_OFFSET(vdso_page, version, VDSO_OFFSET_VERSION);
VDSO_ASSERT_OFFSET(vdso_page, size, VDSO_OFFSET_SIZE);
VDSO_ASSERT_OFFSET(vdso_page, layout_hash, VDSO_OFFSET_LAYOUT_HASH);
VDSO_ASSERT_OFFSET(vdso_page, build_id, VDSO_OFFSET_BUILD_ID);
VDSO_ASSERT_OFFSET(vdso_page, bank[0].lock_count, VDSO_OFFSET_LOCK_COUNT);
VDSO_ASSERT_OFFSET(vdso_bank, clock, VDSO_BANK_CLOCKS);
VDSO_ASSERT_OFFSET(vdso_page, resolution, VDSO_OFFSET_RESOLUTION);
VDSO_ASSERT_OFFSET(vdso_page, bank, VDSO_OFFSET_BANKS);
VDSO_ASSERT_OFFSET(vdso_record, seconds_low, VDSO_RECORD_SECONDS);
VDSO_ASSERT_OFFSET(vdso_record, seconds_high, VDSO_RECORD_SECONDS + 4);
VDSO_ASSERT_OFFSET(vdso_record, fraction, VDSO_RECORD_FRACTION);
VDSO_ASSERT_OFFSET(vdso_record, nanoseconds, VDSO_RECORD_NANOSECONDS);
VDSO_ASSERT_OFFSET(vdso_record, counter_low, VDSO_RECORD_COUNTER);
VDSO_ASSERT_OFFSET(vdso_record, counter_high, VDSO_RECORD_COUNTER + 4);
VDSO_ASSERT_OFFSET(vdso_record, mult, VDSO_RECORD_MULT);
VDSO_ASSERT_OFFSET(vdso_record, limit, VDSO_RECORD_LIMIT);
VDSO_ASSERT_OFFSET(vdso_resolution, nanoseconds, VDSO_RESOLUTION_NANOSECONDS);
VDSO_ASSERT_OFFSET(vdso_process_page, magic, VDSO_OFFSET_MAGIC);
VDSO_ASSERT_OFFSET(vdso_process_page, version, VDSO_OFFSET_VERSION);
VDSO_ASSERT_OFFSET(vdso_process_page, size, VDSO_OFFSET_SIZE);
VDSO_ASSERT_OFFSET(vdso_process_page, layout_hash, VDSO_OFFSET_LAYOUT_HASH);
VDSO_ASSERT_OFFSET(vdso_process_page, process, VDSO_PROCESS_PAGE_PROCESS);
VDSO_ASSERT_OFFSET(vdso_process_page, thread, VDSO_PROCESS_PAGE_THREAD);
VDSO_ASSERT_OFFSET(vdso_process_page, user, VDSO_PROCESS_PAGE_USER);
VDSO_ASSERT_OFFSET(vdso_process_page, processor, VDSO_PROCESS_PAGE_PROCESSOR);
VDSO_ASSERT_OFFSET(vdso_process_page, bank, VDSO_OFFSET_BANKS);
_Static_assert(sizeof(struct vdso_process_page) == sizeof(struct vdso_page),
               "the two have one shape");
_Static_assert(sizeof(struct vdso_resolution) == VDSO_RESOLUTION_STRIDE, "an entry has changed");
_Static_assert(sizeof(struct vdso_record) == VDSO_RECORD_STRIDE, "a record has changed its size");
_Static_assert(sizeof(struct vdso_bank) == VDSO_BANK_STRIDE, "a bank has changed its size");
_Static_assert(
    VDSO_BANK_STRIDE == VDSO_RECORD_STRIDE << VDSO_BANK_BIT, "the bank is a bit of an index");
_Static_assert(offsetof(struct vdso_page, bank) % 64 == 0, "no record crosses a cache line");
_Static_assert(sizeof(struct vdso_page) == 0x500, "the layout has changed its size");
_Static_assert(sizeof(struct vdso_page) <= VDSO_PAGE_BYTES, "the layout fits the page");

/* One step of FNV-1a, over a whole offset at a time. */
#define VDSO_HASH(hash, value) (((hash) ^ (uint32_t)(value)) * UINT32_C(16777619))

/* Identifies the layout of both pages: a hash over version, sizes and offsets. A constant
 * expression. */
#define VDSO_HASH_TYPES                                                                           \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(UINT32_C(2166136261), VDSO_PAGE_VERSION),               \
      sizeof(struct vdso_page)), sizeof(struct vdso_bank)), sizeof(struct vdso_record))
#define VDSO_HASH_PAGE                                                                            \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH_TYPES,                                        \
      offsetof(struct vdso_page, build_id)), offsetof(struct vdso_page, bank[0].lock_count)),             \
      offsetof(struct vdso_page, resolution)), offsetof(struct vdso_page, bank))
#define VDSO_HASH_POINT                                                                           \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH_PAGE,                                                   \
      offsetof(struct vdso_bank, clock) + offsetof(struct vdso_record, seconds_low)),             \
      offsetof(struct vdso_record, fraction)),                                                    \
      offsetof(struct vdso_record, nanoseconds))
#define VDSO_HASH_LINE                                                                            \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH_POINT,                                                  \
      offsetof(struct vdso_record, counter_low)), offsetof(struct vdso_record, mult)),            \
      offsetof(struct vdso_record, limit))
#define VDSO_LAYOUT_HASH                                                                          \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH_LINE, VDSO_PROCESS_PAGE_BEFORE),    \
      offsetof(struct vdso_process_page, process)), offsetof(struct vdso_process_page, thread)),  \
      offsetof(struct vdso_process_page, processor)), offsetof(struct vdso_process_page, bank))

/* The image's note with the layout that it was built for: owner "Apus", this type. */
enum { VDSO_NOTE_TYPE_PAGE = 1 };
struct vdso_page_note {
  uint32_t version;
  uint32_t size;
  uint32_t layout_hash;
};

/* Accessors are one instruction each and inlined in every build. */
#define VDSO_INLINE static inline __attribute__((always_inline))

/* The time page: in the kernel its writable mapping, in the image the page before the ELF header.
 * It is not `const`, or clang would move its loads across barriers, and it is not exported. */
extern struct vdso_page __vdso_data_start __attribute__((visibility("hidden")));

/* The layout hash, for Swift, which does not import macros that are expressions. */
VDSO_INLINE uint32_t vdso_page_layout_hash(void) { return VDSO_LAYOUT_HASH; }

/* Bytes of either structure in bytes. */
VDSO_INLINE uint32_t vdso_page_size(void) { return sizeof(struct vdso_page); }

/* Reads one word at a byte offset that is a multiple of 4: exactly one load, in program order with
 * other volatile accesses of this CPU. */
VDSO_INLINE uint32_t vdso_page_word(const void *page, uint32_t offset) {
  return *(const volatile uint32_t *)((const char *)page + offset);
}

/* Reads two words at a byte offset that is a multiple of 8; bits 0 to 31 are the lower address. To
 * other CPUs these may be two accesses: only an unchanged count proves that the words match. */
VDSO_INLINE uint64_t vdso_page_pair(const void *page, uint32_t offset) {
  return *(const volatile uint64_t *)((const char *)page + offset);
}

/* Writes one word at a byte offset that is a multiple of 4: exactly one store. */
VDSO_INLINE void vdso_page_set_word(void *page, uint32_t offset, uint32_t value) {
  *(volatile uint32_t *)((char *)page + offset) = value;
}

/* Writes the six words of a record that every update changes, with one instruction if the CPU has
 * one. `offset` is the record's. */
VDSO_INLINE void vdso_page_set_point(
    void *page, uint32_t offset, uint32_t seconds_low, uint32_t seconds_high, uint32_t fraction,
    uint32_t nanoseconds, uint32_t counter_low, uint32_t counter_high) {
#if defined(__arm__)
  register uint32_t r4 __asm__("r4") = seconds_low;
  register uint32_t r5 __asm__("r5") = seconds_high;
  register uint32_t r6 __asm__("r6") = fraction;
  register uint32_t r8 __asm__("r8") = nanoseconds;
  register uint32_t r9 __asm__("r9") = counter_low;
  register uint32_t r10 __asm__("r10") = counter_high;
  __asm__ volatile("stm %0, {r4, r5, r6, r8, r9, r10}"
                   :
                   : "r"((char *)page + offset), "r"(r4), "r"(r5), "r"(r6), "r"(r8), "r"(r9),
                     "r"(r10)
                   : "memory");
#else
  vdso_page_set_word(page, offset + VDSO_RECORD_SECONDS, seconds_low);
  vdso_page_set_word(page, offset + VDSO_RECORD_SECONDS + 4, seconds_high);
  vdso_page_set_word(page, offset + VDSO_RECORD_FRACTION, fraction);
  vdso_page_set_word(page, offset + VDSO_RECORD_NANOSECONDS, nanoseconds);
  vdso_page_set_word(page, offset + VDSO_RECORD_COUNTER, counter_low);
  vdso_page_set_word(page, offset + VDSO_RECORD_COUNTER + 4, counter_high);
#endif
}

/* Copies those six words from the record at `from` to the one at `to`, with two instructions if the
 * CPU has such. */
VDSO_INLINE void vdso_page_copy_point(void *page, uint32_t from, uint32_t to) {
#if defined(__arm__)
  __asm__ volatile("ldm %0, {r3, r4, r5, r6, r8, r9}\n\tstm %1, {r3, r4, r5, r6, r8, r9}"
                   :
                   : "r"((char *)page + from), "r"((char *)page + to)
                   : "r3", "r4", "r5", "r6", "r8", "r9", "memory");
#else
  for (uint32_t word = 0; word < VDSO_RECORD_MULT; word += 4) {
    vdso_page_set_word(page, to + word, vdso_page_word(page, from + word));
  }
#endif
}

#endif
