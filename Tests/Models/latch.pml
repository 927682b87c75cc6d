/* SPDX-License-Identifier: Apache-2.0 */
/* The latch of the time page as a model for spin: one writer, one reader, every interleaving of
 * their loads and stores, and every order of those that no barrier separates.
 *
 * A value is two words, which an update makes equal, like the seconds and nanoseconds of a time. A
 * reader that gets two different words has a torn value. Also: values never go back, and a reader
 * that begins after the writer has stopped permanently, in mid-update or not, succeeds at once.
 *
 * Each of these breaks the latch and must fail (Tests/VdsoModuleTests/LatchModelTests):
 *
 *     NO_RECHECK         the reader does not load the count again
 *     NO_WRITER_BARRIER  the count's store and the bank's happen in any order
 *     NO_READER_BARRIER  the second load of the count may come before the values' loads
 *     BOTH_BANKS         both banks are written between two counts
 *     WRONG_BANK         the reader uses the bank that is being written
 */
#ifndef UPDATES
#define UPDATES 3
#endif
#define READS 3

byte count;     /* half-updates */
byte first[2];  /* bank 0 and 1 */
byte second[2];
bool stopped;   /* the writer does nothing any more */

/* Here the writer may stop permanently. */
#define MAY_STOP if :: skip :: stopped = true; goto end fi

/* The two words of a bank: no barrier is between them, so they come in any order. */
inline put(bank) {
  if
  :: first[bank] = value; MAY_STOP; second[bank] = value
  :: second[bank] = value; MAY_STOP; first[bank] = value
  fi
}

/* Half an update: the count, a barrier, a bank, a barrier. */
inline half(bank) {
#ifdef NO_WRITER_BARRIER
  todo = 7;
  do
  :: todo & 1 -> count++; todo = todo & 6
  :: todo & 2 -> first[bank] = value; todo = todo & 5
  :: todo & 4 -> second[bank] = value; todo = todo & 3
  :: todo == 0 -> break
  od
#else
  count++;
  MAY_STOP;
  put(bank)
#endif
}

active proctype writer() {
  byte value = 1, todo;
  do
  :: value > UPDATES -> stopped = true; break
  :: else ->
    MAY_STOP;
#ifdef BOTH_BANKS
    count++;
    put(0);
    put(1);
    count++;
#else
    half(0);
    MAY_STOP;
    half(1);
#endif
    value++
  od;
end: skip
}

active proctype reader() {
  byte begin, again, bank, one, two, last, reads;
  bool alone;
  do
  :: reads == READS -> break
  :: else ->
    alone = stopped;
    begin = count;
#ifdef WRONG_BANK
    bank = 1 - (begin & 1);
#else
    bank = begin & 1;
#endif
#ifdef NO_READER_BARRIER
    if
    :: again = count; one = first[bank]; two = second[bank]
    :: one = first[bank]; again = count; two = second[bank]
    :: one = first[bank]; two = second[bank]; again = count
    fi;
#else
    if
    :: one = first[bank]; two = second[bank]
    :: two = second[bank]; one = first[bank]
    fi;
    again = count;
#endif
#ifdef NO_RECHECK
    again = begin;
#endif
    if
    :: again == begin ->
      assert(one == two);
      assert(one >= last);
      last = one;
      reads++
    :: else ->
      assert(!alone)
    fi
  od
}
