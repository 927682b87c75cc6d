// SPDX-License-Identifier: Apache-2.0
/* Many tasks on every object at once: the declarations that the parts of the stress share.
 *
 * An actor is a task that repeats a loop until `stopping` and reports each round. Once a second the
 * watch looks for actors without progress. A group is a few actors and the objects that they use.
 * At the end, the counts at both ends of an object must agree. */
#ifndef STRESS_H
#define STRESS_H

#include "checks.h"

typedef struct actor actor;
struct actor {
  const char *name;
  void (*body)(actor *);
  uint32_t number;            /* its number in the group */
  uint32_t task, dice;
  volatile uint32_t progress; /* rounds */
  volatile uint32_t done;     /* a count, of what the body counts */
  uint32_t seen, still;       /* the watch's: rounds a second ago, and seconds without progress */
  bool keeps;                 /* no other actor changes its priority or its CPUs */
  volatile bool is_over;
};

typedef struct {
  const char *name;
  void (*start)(void);
  void (*push)(void); /* after the stop, at each tick until all have ended: wakes the waiters */
  void (*end)(void);  /* compares the counts and releases the objects */
} group;

extern const group semaphores, flags, queues, mutexes, inversion, locks, conditions, completions,
    memory, victims, movers, children, alarms, periods, sleepers, deadlines, hogs, signals;

extern volatile bool stopping;
extern bool is_loose; /* the host's speed decides when things happen */

enum { LATE = 4 }; /* the most ticks by which an urgent task may be late on a shared host thread */

uint32_t now(void); /* in ticks */
uint32_t second(void); /* a second in ticks */
uint32_t roll(actor *me, uint32_t below);
actor *start_actor(const char *name, void (*body)(actor *), UINT16 priority, uint32_t number);
actor *any_actor(actor *me);
uint32_t total(void (*body)(actor *)); /* the sum of `done` of all actors with this body */
void spend(uint32_t rounds); /* computes, and lets other CPUs run */
void count_round(actor *me);

/* Prints what failed, for which actor, and a number. */
void report_failure(const char *what, const char *who, uint32_t number, int line);
#define EXPECT(condition, who, number) \
  do {                                 \
    if (!(condition)) report_failure(#condition, who, number, __LINE__); \
  } while (0)
/* A call that must succeed. */
#define MUST_SUCCEED(call)                                               \
  do {                                                           \
    uint32_t code_ = (call);                                     \
    if (code_ != LOS_OK) report_failure(#call, "returns", code_, __LINE__); \
  } while (0)

#endif
