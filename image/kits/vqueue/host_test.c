// SPDX-License-Identifier: Apache-2.0
/* The queue of three members on pages of this test, which is each of them in turn, and the kernel. */
#define _GNU_SOURCE
#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "vqueue_image.h"

enum { BYTES = (sizeof(struct vqueue_member) + 4095) / 4096 * 4096 };
/* The parts of the group, one behind the other. */
static struct {
  _Alignas(4096) struct kit_members kernel;
  _Alignas(4096) struct kit_member own;
  _Alignas(4096) uint32_t pages[KIT_MEMBERS * BYTES / 4];
} group;
#define members group.kernel
#define own group.own
void *kit_host_pages[4] = {&members, &own, 0, group.pages};

static uint32_t call_number, call_count;
static uintptr_t call_word;
static int32_t call_result;
static void (*meanwhile)(void); /* what others do before the kernel compares the bell of a wait */

/* A wake at a bell (240), and a wait there (422). */
int32_t vqueue_call(uint32_t number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
    uintptr_t e, uintptr_t f) {
  (void)d, (void)e;
  volatile uint32_t *bell = (volatile uint32_t *)a;
  assert(bell >= members.bells && bell < members.bells + KIT_MEMBERS);
  call_number = number;
  call_word = a;
  call_count++;
  if (number == 240) {
    assert(b == 1);
    ++*bell;
    return 0;
  }
  assert(number == 422 && b == 9 && f == ~0u);
  if (!meanwhile) return call_result;
  void (*others)(void) = meanwhile;
  meanwhile = 0;
  others();
  return *bell != c ? -11 : -110; /* Nothing ends the sleep. */
}

static struct vqueue_member *member(uint32_t slot) {
  return (struct vqueue_member *)((char *)group.pages + slot * BYTES);
}

/* The kernel's part. */
static void ring_all(void) {
  for (uint32_t slot = 0; slot < KIT_MEMBERS; slot++) members.bells[slot]++;
}

/* A new member in `slot`. */
static void join(uint32_t slot) {
  members.generations[slot]++;
  memset(member(slot), 0, BYTES);
  members.processes[slot] = 100 + slot;
  members.joined |= 1u << slot;
  ring_all();
}
static void leave(uint32_t slot) {
  members.generations[slot]++;
  members.processes[slot] = 0;
  ring_all();
}

/* This process is now the member of `slot`. */
static void be(uint32_t slot) {
  own.slot = slot + 1;
  own.generation = members.generations[slot];
}

static uint32_t open_slot(uint32_t slot) { return vqueue_open(100 + slot); }

static int32_t send(uint32_t from, uint32_t to, uint32_t value) {
  struct vqueue_message message = {.type = value, .reply_type = ~value};
  for (uint32_t i = 0; i < 16; i++) message.body[i] = value + i;
  be(from);
  return vqueue_try_send(to, &message);
}

/* Receives `value` from the endpoint `from`. */
static void expect(uint32_t slot, uint32_t from, uint32_t value) {
  struct vqueue_message message;
  be(slot);
  assert(vqueue_try_receive(&message) == 0);
  assert(message.sender == from && message.type == value && message.reply_type == ~value);
  for (uint32_t i = 0; i < 16; i++) assert(message.body[i] == value + i);
}

static void expect_nothing(uint32_t slot) {
  struct vqueue_message message;
  be(slot);
  assert(vqueue_try_receive(&message) == -KIT_EMPTY);
}

static void test_order_full_and_empty(void) {
  uint32_t one = open_slot(1), zero = open_slot(0);
  be(0);
  assert(vqueue_self() == zero && zero && one && one != zero);
  for (uint32_t round = 0; round < 5; round++) {
    for (uint32_t i = 0; i < VQUEUE_DEPTH; i++) assert(send(0, one, round * 100 + i) == 0);
    assert(send(0, one, 1) == -KIT_FULL);
    assert(send(2, one, 7) == 0);
    expect_nothing(0);
    expect_nothing(2);
    uint32_t next = round * 100, others = 0;
    struct vqueue_message message;
    be(1);
    while (vqueue_try_receive(&message) == 0) {
      if (message.sender == zero) assert(message.type == next++);
      else assert(message.sender == open_slot(2) && message.type == 7 && ++others == 1);
    }
    assert(next == round * 100 + VQUEUE_DEPTH && others == 1);
  }
  assert(call_count == 0);
  struct vqueue_counts counts;
  be(0);
  assert(vqueue_counts(&counts) == 0 && counts.sent == 5 * VQUEUE_DEPTH && counts.full == 5);
}

static void test_endpoints_have_generations(void) {
  uint32_t one = open_slot(1), zero = open_slot(0);
  assert(send(0, one, 1) == 0 && send(0, one, 2) == 0 && send(1, zero, 3) == 0);
  expect(1, zero, 1);
  /* The receiver dies with a message that it has not taken; what it sent is still there. */
  leave(1);
  assert(send(0, one, 4) == -KIT_GONE && vqueue_open(101) == 0);
  expect(0, one, 3);
  expect_nothing(0);
  assert(send(0, zero, 8) == 0);
  expect(0, zero, 8);
  join(1);
  uint32_t next = open_slot(1);
  assert(next != one && send(0, one, 5) == -KIT_GONE);
  expect_nothing(1);
  assert(send(0, next, 6) == 0);
  expect(1, zero, 6);
  expect_nothing(1);
  assert(send(1, zero, 9) == 0);
  expect(0, next, 9);
  /* While the kernel clears the pages, there is no process: what is there is not the new one's. */
  assert(send(1, zero, 10) == 0);
  leave(1);
  members.generations[1]++;
  expect_nothing(0);
  memset(member(1), 0, BYTES);
  members.processes[1] = 101;
  expect_nothing(0);
  be(0);
  assert(vqueue_try_send(99 << 4 | 1, &(struct vqueue_message){0}) == -KIT_GONE);
}

static void test_nonsense_spoils_its_lane_only(void) {
  uint32_t zero = open_slot(0), two = open_slot(2);
  uint32_t seed = 1;
  for (uint32_t round = 0; round < 2000; round++) {
    for (uint32_t i = 0; i < BYTES / 4; i++) {
      seed = seed * 1664525u + 1013904223u;
      ((uint32_t *)member(1))[i] = round % 3 ? seed >> (seed >> 28) : 0u - (seed >> 31);
    }
    /* The receipts and lanes of the others look as if it had this generation. */
    member(1)->lanes[0].receiver = members.generations[0];
    struct vqueue_message message;
    be(2);
    assert(vqueue_try_send(zero, &(struct vqueue_message){.type = round}) == 0);
    be(0);
    uint32_t found = 0;
    for (uint32_t i = 0; i < 64; i++) {
      if (vqueue_try_receive(&message) == 0 && message.sender == two) {
        assert(message.type == round);
        found++;
      }
    }
    assert(found == 1);
    uint32_t one = open_slot(1);
    int32_t result = vqueue_try_send(one, &(struct vqueue_message){.type = 1});
    assert(result == 0 || result == -KIT_FULL);
  }
  leave(1);
  join(1);
}

static void test_sleepers_are_woken(void) {
  uint32_t zero = open_slot(0), one = open_slot(1);
  struct vqueue_message message = {.type = 5};
  expect_nothing(1);
  call_count = 0;
  call_result = -110;
  assert(vqueue_receive(&message, 0) == -KIT_TIMED_OUT);
  assert(call_number == 422 && call_word == (uintptr_t)&members.bells[1] && call_count == 1);
  assert(member(1)->sleepers[0] == 0);
  member(1)->sleepers[0] = 1;
  assert(send(0, one, 5) == 0);
  assert(call_number == 240 && call_count == 2);
  assert(call_word == (uintptr_t)&members.bells[1]);
  member(1)->sleepers[0] = 0;
  for (uint32_t i = 1; i < VQUEUE_DEPTH; i++) assert(send(0, one, 5 + i) == 0);
  assert(call_count == 2);
  call_result = -11;
  be(0);
  assert(vqueue_send(one, &message, 0) == -KIT_AGAIN);
  assert(call_number == 422 && call_word == (uintptr_t)&members.bells[0] && call_count == 3);
  member(0)->lanes[1].sleepers = 1;
  expect(1, zero, 5);
  assert(call_number == 240 && call_word == (uintptr_t)&members.bells[0]);
  member(0)->lanes[1].sleepers = 0;
  be(1);
  assert(vqueue_close(zero) == 0);
  expect_nothing(1);
  /* A message that is there is no reason to sleep. */
  call_count = 0;
  assert(send(0, one, 3) == 0);
  be(1);
  assert(vqueue_wait(1, 0) == 0 && call_count == 0);
  expect(1, zero, 3);
}

static int32_t send_type(uint32_t from, uint32_t to, uint32_t type) {
  be(from);
  return vqueue_try_send(to, &(struct vqueue_message){.type = type});
}

static void take_all(uint32_t slot) {
  struct vqueue_message message;
  be(slot);
  while (vqueue_try_receive(&message) == 0) {
  }
}

/* Only a message of a type that the notification announces ends its wait. */
static void test_notifications_by_type(void) {
  uint32_t one = open_slot(1);
  be(1);
  assert(vqueue_notify(7, 1) == 0 && vqueue_notify(9, 2) == 0 && vqueue_notify(8, 1) == 0);
  call_result = -110;
  for (uint32_t type = 7; type <= 10; type++) {
    uint32_t expected = type == 9 ? 2 : type == 10 ? 0 : 1;
    assert(send_type(0, one, 10) == 0 && send_type(2, one, type) == 0 && send_type(2, one, 10) == 0);
    be(1);
    for (uint32_t n = 1; n <= VQUEUE_NOTIFICATIONS; n++)
      assert(vqueue_await(n, 0) == (n == expected ? 0 : -KIT_TIMED_OUT));
    /* What is announced is announced until it is taken. */
    take_all(1);
    for (uint32_t n = 1; n <= VQUEUE_NOTIFICATIONS; n++)
      assert(vqueue_await(n, 0) == -KIT_TIMED_OUT && member(1)->sleepers[n] == 0);
  }

  /* The sender rings once if it finds sleepers whom the message concerns. */
  call_count = 0;
  member(1)->sleepers[1] = 1;
  assert(send_type(0, one, 9) == 0 && send_type(0, one, 10) == 0 && call_count == 0);
  assert(send_type(0, one, 8) == 0 && call_count == 1 && call_number == 240);
  assert(call_word == (uintptr_t)&members.bells[1]);
  member(1)->sleepers[0] = 1;
  assert(send_type(0, one, 7) == 0 && call_count == 2);
  member(1)->sleepers[0] = member(1)->sleepers[1] = 0;
  take_all(1);

  /* A type loses its notification, and may be one of the others. */
  be(1);
  assert(vqueue_notify(7, 0) == 0 && vqueue_notify(77, 0) == 0);
  assert(send_type(0, one, 7) == 0);
  be(1);
  assert(vqueue_await(1, 0) == -KIT_TIMED_OUT && vqueue_notify(VQUEUE_OTHER_TYPES, 3) == 0);
  assert(vqueue_await(3, 0) == -KIT_TIMED_OUT);
  assert(send_type(0, one, 7) == 0 && send_type(0, one, 8) == 0);
  be(1);
  assert(vqueue_await(3, 0) == 0 && vqueue_await(1, 0) == 0 && vqueue_await(2, 0) == -KIT_TIMED_OUT);
  take_all(1);
}

static void test_types_have_limits(void) {
  uint32_t one = open_slot(1), zero = open_slot(0);
  leave(1), join(1);
  assert(send_type(0, one = open_slot(1), 1) == 0);
  be(1);
  assert(vqueue_await(0, 0) == -KIT_OUT_OF_RANGE);
  assert(vqueue_await(VQUEUE_NOTIFICATIONS + 1, 0) == -KIT_OUT_OF_RANGE);
  assert(vqueue_notify(1, VQUEUE_NOTIFICATIONS + 1) == -KIT_OUT_OF_RANGE);
  for (uint32_t type = 0; type < VQUEUE_TYPES; type++) assert(vqueue_notify(type, 1) == 0);
  assert(vqueue_notify(99, 1) == -KIT_FULL && vqueue_notify(3, 2) == 0 && vqueue_notify(3, 0) == 0);
  assert(vqueue_notify(99, 1) == 0);
  member(1)->types_lock = 1;
  assert(vqueue_notify(99, 1) == -KIT_BUSY);
  member(1)->types_lock = 0;
  take_all(1);

  /* A receiver sleeps although a sender announces what it does not send. */
  assert(send_type(0, one, 99) == 0);
  take_all(1);
  for (uint32_t count = 0; count < 2 * VQUEUE_DEPTH; count++) {
    member(0)->lanes[1].sent[1] = member(0)->lanes[1].sent[0] + count;
    assert(vqueue_await(1, 0) == -KIT_TIMED_OUT);
  }
  /* A receiver that lists what there is not is not believed. */
  member(1)->types[0] = (struct vqueue_type){5, 1000};
  member(1)->others = ~0u;
  assert(send_type(0, one, 5) == 0 && send_type(0, one, 6) == 0);
  expect_nothing(2);
  take_all(1);
  leave(1), join(1);
  assert(send(0, open_slot(1), 1) == 0);
  expect(1, zero, 1);
}

/* What others do at the first access to the pages of member 0, which then can be used again. */
static void (*intrusion)(void);
static sigjmp_buf bad_pointer;
static void on_fault(int signal) {
  (void)signal;
  if (!intrusion) siglongjmp(bad_pointer, 1);
  void (*others)(void) = intrusion;
  intrusion = 0;
  mprotect(member(0), BYTES, PROT_READ | PROT_WRITE);
  others();
}

static void send_to_next_one(void) {
  leave(1);
  join(1);
  for (uint32_t i = 0; i < 3; i++) assert(send(0, open_slot(1), 20 + i) == 0);
}

/* A thread that was interrupted before it took the lock leaves alone what was sent meanwhile to the
 * next member of the slot. */
static void test_late_thread_changes_nothing(void) {
  uint32_t zero = open_slot(0), one = open_slot(1);
  assert(send(0, one, 1) == 0 && send(0, one, 2) == 0);
  intrusion = send_to_next_one;
  mprotect(member(0), BYTES, PROT_NONE);
  assert(send(0, one, 3) == -KIT_GONE && !intrusion);
  for (uint32_t i = 0; i < 3; i++) expect(1, zero, 20 + i);
  expect_nothing(1);
  assert(send(0, open_slot(1), 4) == 0);
  expect(1, zero, 4);
}

static void send_two(void) {
  assert(send(0, open_slot(1), 31) == 0 && send(0, open_slot(1), 32) == 0);
}
static void receive_five(void) {
  for (uint32_t i = 0; i < 5; i++) expect(1, open_slot(0), 40 + i);
}

static void join_again(void) { leave(2), join(2); }

/* Nobody sleeps after what happened since it noted its bell, also if the counts are again as they were. */
static void test_sleeper_misses_nothing(void) {
  struct vqueue_message message = {0};
  leave(0), join(0);
  uint32_t zero = open_slot(0);
  send_two();
  expect(1, zero, 31);
  expect(1, zero, 32);
  leave(1), join(1);
  be(1);
  meanwhile = join_again;
  assert(vqueue_wait(~0u, 0) == -KIT_AGAIN && !meanwhile);
  meanwhile = send_two;
  assert(vqueue_wait(~0u, 0) == -KIT_AGAIN && !meanwhile);
  expect(1, zero, 31);
  expect(1, zero, 32);
  expect_nothing(1);

  /* The receiver has taken five messages of the member before, and takes five of this one. */
  assert(send(0, open_slot(1), 33) == 0);
  expect(1, zero, 33);
  assert(member(1)->receipts[0].taken == 5);
  leave(0), join(0);
  for (uint32_t i = 0; i < VQUEUE_DEPTH; i++) assert(send(0, open_slot(1), 40 + i) == 0);
  be(0);
  meanwhile = receive_five;
  assert(vqueue_send(open_slot(1), &message, 0) == -KIT_AGAIN && !meanwhile);
  be(1);
  assert(vqueue_close(open_slot(0)) == 0);
}

static void test_close_drops_all_and_wakes(void) {
  uint32_t two = open_slot(2), one = open_slot(1);
  /* The receiver has taken nothing from this one. */
  leave(2), join(2);
  assert(two != open_slot(2));
  two = open_slot(2);
  for (uint32_t round = 0; round < 3; round++) {
    for (uint32_t i = 0; i < VQUEUE_DEPTH; i++) assert(send(2, one, i) == 0);
    member(2)->lanes[1].sleepers = 1;
    call_count = 0;
    be(1);
    assert(vqueue_close(two) == 0);
    assert(call_count == 1 && call_number == 240);
    assert(call_word == (uintptr_t)&members.bells[2]);
    member(2)->lanes[1].sleepers = 0;
    expect_nothing(1);
  }
  assert(send(2, one, 7) == 0);
  expect(1, two, 7);
  be(1);
  assert(vqueue_close(two ^ 1 << 5) == -KIT_GONE);
}

static void test_lane_that_is_busy_holds_up_no_other(void) {
  uint32_t two = open_slot(2), one = open_slot(1);
  struct vqueue_message message;
  member(1)->cursor = 0;
  member(1)->receipts[0].lock = 1;
  assert(send(0, one, 1) == 0 && send(2, one, 2) == 0);
  be(1);
  assert(vqueue_try_receive(&message) == -KIT_BUSY);
  expect(1, two, 2);
  member(1)->receipts[0].lock = 0;
  expect(1, open_slot(0), 1);
}

static void test_errors_of_a_wait(void) {
  struct vqueue_message message;
  const struct { int32_t call, result; } cases[] = {
      {0, -KIT_AGAIN}, {3, -KIT_AGAIN}, {-4, -KIT_AGAIN}, {-11, -KIT_AGAIN},
      {-110, -KIT_TIMED_OUT}, {-14, -KIT_OUT_OF_RANGE}, {-22, -KIT_OUT_OF_RANGE}};
  be(1);
  for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    call_result = cases[i].call;
    assert(vqueue_wait(~0u, 0) == cases[i].result);
    assert(vqueue_receive(&message, 0) == cases[i].result);
    assert(member(1)->sleepers[0] == 0);
  }
}

/* A signal handler may jump away from an access to a bad pointer: no lock is held there. */
static void test_bad_pointers(void) {
  uint32_t zero = open_slot(0), one = open_slot(1);
  struct vqueue_message *bad = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  be(0);
  if (!sigsetjmp(bad_pointer, 1)) assert(vqueue_try_send(one, bad) > 0);
  assert(send(0, one, 1) == 0);
  be(1);
  if (!sigsetjmp(bad_pointer, 1)) assert(vqueue_try_receive(bad) > 0);
  expect(1, zero, 1);
}

static void test_locks_and_strangers(void) {
  uint32_t zero = open_slot(0), one = open_slot(1);
  struct vqueue_message message = {0};
  member(0)->lanes[1].lock = 1;
  assert(send(0, one, 1) == -KIT_BUSY);
  member(0)->lanes[1].lock = 0;
  assert(send(0, one, 1) == 0);
  member(1)->receipts[0].lock = 1;
  be(1);
  assert(vqueue_try_receive(&message) == -KIT_BUSY && vqueue_close(zero) == -KIT_BUSY);
  member(1)->receipts[0].lock = 0;
  expect(1, zero, 1);
  own.slot = own.generation = 0;
  assert(vqueue_self() == 0 && vqueue_try_send(one, &message) == -KIT_NO_MEMBER);
  assert(vqueue_try_receive(&message) == -KIT_NO_MEMBER);
  assert(vqueue_send(one, &message, 0) == -KIT_NO_MEMBER);
  assert(vqueue_receive(&message, 0) == -KIT_NO_MEMBER && vqueue_wait(1, 0) == -KIT_NO_MEMBER);
  assert(vqueue_await(1, 0) == -KIT_NO_MEMBER && vqueue_notify(1, 1) == -KIT_NO_MEMBER);
}

int main(void) {
  for (uint32_t slot = 0; slot < 3; slot++) join(slot);
  test_order_full_and_empty();
  test_endpoints_have_generations();
  test_nonsense_spoils_its_lane_only();
  test_sleepers_are_woken();
  test_notifications_by_type();
  test_types_have_limits();
  signal(SIGSEGV, on_fault);
  test_late_thread_changes_nothing();
  test_sleeper_misses_nothing();
  test_close_drops_all_and_wakes();
  test_lane_that_is_busy_holds_up_no_other();
  test_errors_of_a_wait();
  test_bad_pointers();
  test_locks_and_strangers();
  return 0;
}
