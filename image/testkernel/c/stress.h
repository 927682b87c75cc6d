// SPDX-License-Identifier: Apache-2.0
/* Many tasks on every object at once: what the parts of the stress share.
 *
 * An actor is a task that goes round a loop until `stopping`, and says so at each round; the watch
 * asks once a second who has stood still. A group is a few actors and what they work on. What was
 * counted at both ends of an object must agree when all is over.
 */
#ifndef STRESS_H
#define STRESS_H

#include "checks.h"

typedef struct actor actor;
struct actor {
  const char *name;
  void (*body)(actor *);
  uint32_t number;            /* which of its group */
  uint32_t task, dice;
  volatile uint32_t progress; /* rounds */
  volatile uint32_t done;     /* what is counted, whatever it is */
  uint32_t seen, still;       /* the watch's: rounds a second ago, and for how long none was made */
  bool keeps;                 /* nobody changes its priority or its CPUs */
  volatile bool is_over;
};

typedef struct {
  const char *name;
  void (*start)(void);
  void (*push)(void); /* after the stop, at each tick until all are over: wakes those who wait */
  void (*end)(void);  /* compares what was counted, and gives all back */
} group;

extern const group semaphores, flags, queues, mutexes, inversion, locks, conditions, completions,
    memory, victims, movers, children, alarms, periods, sleepers, deadlines, hogs, signals;

extern volatile bool stopping;
extern bool is_loose; /* when something happens is the host's business */

enum { LATE = 4 }; /* ticks that an urgent task may be late, where several CPUs take turns on one */

uint32_t now(void); /* ticks */
uint32_t second(void); /* ticks of one */
uint32_t roll(actor *me, uint32_t below);
actor *start_actor(const char *name, void (*body)(actor *), UINT16 priority, uint32_t number);
actor *any_actor(actor *me);
uint32_t total(void (*body)(actor *)); /* what all with this body have done */
void spend(uint32_t rounds); /* computes, and lets other CPUs have their turns */
void went_round(actor *me);

/* Who failed, and with what number: printed. */
void complain(const char *what, const char *who, uint32_t number, int line);
#define EXPECT(condition, who, number) \
  do {                                 \
    if (!(condition)) complain(#condition, who, number, __LINE__); \
  } while (0)
/* A call that must succeed. */
#define WELL(call)                                               \
  do {                                                           \
    uint32_t code_ = (call);                                     \
    if (code_ != LOS_OK) complain(#call, "answers", code_, __LINE__); \
  } while (0)

#endif
