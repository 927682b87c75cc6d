/*
 * The page that the kernel's tick keeps fresh and every program may read: [vvar].
 *
 * This header is its only definition. The kernel (VdsoModule), the vDSO (image/vdso) and C programs
 * include it; both sides assert the offsets, and the image carries their hash in a note, so that an
 * image built for another layout is refused by name.
 *
 * The page is a latch. `lock_count` counts half-updates; a reader uses bank `lock_count & 1`, which
 * is never the bank being written, and tries again only if the count moved meanwhile:
 *
 *     writer: dmb ishst, count + 1, dmb ishst, bank 0, dmb ishst, count + 1, dmb ishst, bank 1
 *     reader: count, dmb ish, bank `count & 1`, dmb ish, count again: the same, or once more
 *
 * All fields are little-endian 32-bit words and are read and written through the accessors below,
 * because Swift's importer drops C's `volatile` and a plain load may be moved or merged.
 */
#ifndef VDSO_PAGE_H
#define VDSO_PAGE_H

#include <stddef.h>
#include <stdint.h>

/* What a reader of this header expects to find in the page. */
enum {
  VDSO_PAGE_MAGIC = 0x53555041,       /* "APUS" in memory */
  VDSO_PAGE_VERSION = 1,              /* changes with any change of layout or meaning */
  VDSO_PAGE_BYTES = 4096,             /* what is mapped */
  VDSO_PAGE_KEY = 0x51000000,         /* 0x50 + version, in the byte that ARM compares in one go */
  VDSO_PAGE_MODE_SYSTEM_CALL = 0,     /* fine clocks: ask the kernel */
  VDSO_PAGE_MODE_VIRTUAL_COUNTER = 1, /* fine clocks: extrapolate from CNTVCT */
};

/* One coarse clock: its value at the last update. */
struct vdso_coarse {
  uint32_t seconds_low;
  uint32_t seconds_high;
  uint32_t nanoseconds; /* 0 up to 999,999,999 */
  uint32_t key;         /* VDSO_PAGE_KEY: the entry is an answer; anything else: ask the kernel */
};

/* One bank. Its first 64 bytes, one cache line, serve the coarse clocks, REALTIME and MONOTONIC.
 * Fine time is ((counter - sample) * mult + fraction) >> shift nanoseconds on top of coarse. */
struct vdso_bank {
  struct vdso_coarse realtime;
  struct vdso_coarse monotonic;
  uint32_t counter_low;  /* CNTVCT when the sample was taken */
  uint32_t counter_high;
  uint32_t mult;         /* nanoseconds per count, times 2^shift */
  uint32_t shift;        /* 0 up to 31 */
  uint32_t mode;         /* VDSO_PAGE_MODE_… */
  uint32_t limit;        /* the longest counter distance that one multiplication may span */
  uint32_t realtime_fraction;  /* below one nanosecond, in units of 2^-shift ns */
  uint32_t monotonic_fraction;
  uint32_t more[16];     /* second line: RAW, BOOTTIME and TAI; zero in this version */
};

/* The page; what follows the banks is zero. */
struct vdso_page {
  /* Identity: written once, at module init, before any program runs. */
  uint32_t magic;
  uint32_t version;
  uint32_t size;        /* of this structure, in bytes */
  uint32_t layout_hash; /* vdso_page_layout_hash() */
  uint8_t build_id[20]; /* of the image that belongs to this page */
  uint32_t reserved[7];

  uint32_t lock_count;        /* half-updates; starts at 0, wraps */
  uint32_t coarse_resolution; /* ns between two ticks; 0: ask the kernel */
  uint32_t more[14];

  struct vdso_bank bank[2];
};

/* Byte offsets, for readers that address the page by word (and for assembly). */
enum {
  VDSO_OFFSET_MAGIC = 0x00,
  VDSO_OFFSET_VERSION = 0x04,
  VDSO_OFFSET_SIZE = 0x08,
  VDSO_OFFSET_LAYOUT_HASH = 0x0c,
  VDSO_OFFSET_BUILD_ID = 0x10,
  VDSO_OFFSET_LOCK_COUNT = 0x40,
  VDSO_OFFSET_COARSE_RESOLUTION = 0x44,
  VDSO_OFFSET_BANKS = 0x80,
  VDSO_BANK_STRIDE = 0x80,
  VDSO_BANK_REALTIME = 0x00,
  VDSO_BANK_MONOTONIC = 0x10,
  VDSO_BANK_COUNTER = 0x20,
  VDSO_BANK_MULT = 0x28,
  VDSO_BANK_SHIFT = 0x2c,
  VDSO_BANK_MODE = 0x30,
  VDSO_BANK_LIMIT = 0x34,
  VDSO_BANK_REALTIME_FRACTION = 0x38,
  VDSO_BANK_MONOTONIC_FRACTION = 0x3c,
  VDSO_COARSE_SECONDS = 0x00,
  VDSO_COARSE_NANOSECONDS = 0x08,
  VDSO_COARSE_KEY = 0x0c,
  VDSO_COARSE_STRIDE = 0x10,
};

#define VDSO_ASSERT_OFFSET(type, field, offset) \
  _Static_assert(offsetof(struct type, field) == (offset), #type "." #field " has moved")
VDSO_ASSERT_OFFSET(vdso_page, magic, VDSO_OFFSET_MAGIC);
VDSO_ASSERT_OFFSET(vdso_page, version, VDSO_OFFSET_VERSION);
VDSO_ASSERT_OFFSET(vdso_page, size, VDSO_OFFSET_SIZE);
VDSO_ASSERT_OFFSET(vdso_page, layout_hash, VDSO_OFFSET_LAYOUT_HASH);
VDSO_ASSERT_OFFSET(vdso_page, build_id, VDSO_OFFSET_BUILD_ID);
VDSO_ASSERT_OFFSET(vdso_page, lock_count, VDSO_OFFSET_LOCK_COUNT);
VDSO_ASSERT_OFFSET(vdso_page, coarse_resolution, VDSO_OFFSET_COARSE_RESOLUTION);
VDSO_ASSERT_OFFSET(vdso_page, bank, VDSO_OFFSET_BANKS);
VDSO_ASSERT_OFFSET(vdso_bank, realtime, VDSO_BANK_REALTIME);
VDSO_ASSERT_OFFSET(vdso_bank, monotonic, VDSO_BANK_MONOTONIC);
VDSO_ASSERT_OFFSET(vdso_bank, counter_low, VDSO_BANK_COUNTER);
VDSO_ASSERT_OFFSET(vdso_bank, counter_high, VDSO_BANK_COUNTER + 4);
VDSO_ASSERT_OFFSET(vdso_bank, mult, VDSO_BANK_MULT);
VDSO_ASSERT_OFFSET(vdso_bank, shift, VDSO_BANK_SHIFT);
VDSO_ASSERT_OFFSET(vdso_bank, mode, VDSO_BANK_MODE);
VDSO_ASSERT_OFFSET(vdso_bank, limit, VDSO_BANK_LIMIT);
VDSO_ASSERT_OFFSET(vdso_bank, realtime_fraction, VDSO_BANK_REALTIME_FRACTION);
VDSO_ASSERT_OFFSET(vdso_bank, monotonic_fraction, VDSO_BANK_MONOTONIC_FRACTION);
VDSO_ASSERT_OFFSET(vdso_coarse, seconds_low, VDSO_COARSE_SECONDS);
VDSO_ASSERT_OFFSET(vdso_coarse, seconds_high, VDSO_COARSE_SECONDS + 4);
VDSO_ASSERT_OFFSET(vdso_coarse, nanoseconds, VDSO_COARSE_NANOSECONDS);
VDSO_ASSERT_OFFSET(vdso_coarse, key, VDSO_COARSE_KEY);
_Static_assert(sizeof(struct vdso_coarse) == VDSO_COARSE_STRIDE, "an entry has changed its size");
_Static_assert(sizeof(struct vdso_bank) == VDSO_BANK_STRIDE, "a bank has changed its size");
_Static_assert(offsetof(struct vdso_page, bank) % 64 == 0, "a bank starts on a cache line");
_Static_assert(VDSO_BANK_MONOTONIC_FRACTION + 4 == 64, "the hot part of a bank is one cache line");
_Static_assert(sizeof(struct vdso_page) == 0x180, "the layout has changed its size");
_Static_assert(sizeof(struct vdso_page) <= VDSO_PAGE_BYTES, "the layout fits the page");
_Static_assert(
    VDSO_PAGE_KEY == (0x50 + VDSO_PAGE_VERSION) << 24, "the key tells the version");

/* One step of FNV-1a, over a whole offset at a time. */
#define VDSO_HASH(hash, value) (((hash) ^ (uint32_t)(value)) * UINT32_C(16777619))

/* Names this layout: a hash over version, size and every offset above. A constant expression. */
#define VDSO_HASH_TYPES                                                                           \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(UINT32_C(2166136261), VDSO_PAGE_VERSION),               \
      sizeof(struct vdso_page)), sizeof(struct vdso_bank)), sizeof(struct vdso_coarse))
#define VDSO_HASH_PAGE                                                                            \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH_TYPES,                                        \
      offsetof(struct vdso_page, build_id)), offsetof(struct vdso_page, lock_count)),             \
      offsetof(struct vdso_page, coarse_resolution)), offsetof(struct vdso_page, bank))
#define VDSO_HASH_BANK                                                                            \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH_PAGE,                               \
      offsetof(struct vdso_bank, realtime)), offsetof(struct vdso_bank, monotonic)),              \
      offsetof(struct vdso_bank, counter_low)), offsetof(struct vdso_bank, mult)),                \
      offsetof(struct vdso_bank, shift))
#define VDSO_HASH_FINE                                                                            \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH_BANK,                                         \
      offsetof(struct vdso_bank, mode)), offsetof(struct vdso_bank, limit)),                      \
      offsetof(struct vdso_bank, realtime_fraction)),                                             \
      offsetof(struct vdso_bank, monotonic_fraction))
#define VDSO_LAYOUT_HASH                                                                          \
  VDSO_HASH(VDSO_HASH(VDSO_HASH(VDSO_HASH_FINE,                                                   \
      offsetof(struct vdso_coarse, seconds_low)), offsetof(struct vdso_coarse, nanoseconds)),     \
      offsetof(struct vdso_coarse, key))

/* The note of the image that says which layout it was built for: owner "Apus", this type. */
enum { VDSO_NOTE_TYPE_PAGE = 1 };
struct vdso_page_note {
  uint32_t version;
  uint32_t size;
  uint32_t layout_hash;
};

/* Accessors are one instruction each, so they are inlined in every build. */
#define VDSO_INLINE static inline __attribute__((always_inline))

/* The page: in the kernel its own writable view, in the image the page before the ELF header. It is
 * neither `const`, or clang would move loads of it across barriers, nor exported. */
extern struct vdso_page __vdso_data_start __attribute__((visibility("hidden")));

/* The layout hash, for Swift, which does not import macros that are expressions. */
VDSO_INLINE uint32_t vdso_page_layout_hash(void) { return VDSO_LAYOUT_HASH; }

/* Size of the structure in bytes. */
VDSO_INLINE uint32_t vdso_page_size(void) { return sizeof(struct vdso_page); }

/* Reads one word at a byte offset that is a multiple of 4; exactly one load, in program order with
 * other volatile accesses of this CPU. */
VDSO_INLINE uint32_t vdso_page_word(const void *page, uint32_t offset) {
  return *(const volatile uint32_t *)((const char *)page + offset);
}

/* Reads two words at a byte offset that is a multiple of 8: the lower address in bits 0 to 31. Not
 * one access for other CPUs: only the count makes the two belong together. */
VDSO_INLINE uint64_t vdso_page_pair(const void *page, uint32_t offset) {
  return *(const volatile uint64_t *)((const char *)page + offset);
}

/* Writes one word at a byte offset that is a multiple of 4; exactly one store. */
VDSO_INLINE void vdso_page_set_word(void *page, uint32_t offset, uint32_t value) {
  *(volatile uint32_t *)((char *)page + offset) = value;
}

#endif
