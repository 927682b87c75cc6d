// SPDX-License-Identifier: Apache-2.0
/* Why a kit does not answer. Kits and programs include it. */
#ifndef KIT_ERROR_H
#define KIT_ERROR_H

#include <stdint.h>

#if defined(__clang__)
#define KIT_CLOSED __attribute__((enum_extensibility(closed), swift_name("KitError")))
#define KIT_SWIFT(name) __attribute__((swift_name(#name)))
#else
#define KIT_CLOSED
#define KIT_SWIFT(name)
#endif

/* A function of a kit with an int32_t result may return one of these, negative. In Swift they are
 * the cases of KitError. */
enum KIT_CLOSED kit_error {
  KIT_NO_ERROR KIT_SWIFT(noError) = 0,
  KIT_NOT_BOUND KIT_SWIFT(notBound) = 1, /* the program did not bind it */
  KIT_ABSENT KIT_SWIFT(absent) = 2, /* the kernel has no kit of this name */
  KIT_NO_RIGHT KIT_SWIFT(noRight) = 3, /* the mode of /dev/kits/NAME refuses it */
  KIT_NOT_MAPPED KIT_SWIFT(notMapped) = 4, /* no memory, or no room in the address space */
  KIT_NO_IMAGE KIT_SWIFT(noImage) = 5, /* the file is no image of a kit */
  KIT_OTHER_NAME KIT_SWIFT(otherName) = 6, /* the image is another kit's */
  KIT_OTHER_VERSION KIT_SWIFT(otherVersion) = 7, /* the program is for another version */
  KIT_OTHER_LAYOUT KIT_SWIFT(otherLayout) = 8, /* the program is for another layout */
  KIT_OTHER_PAGE KIT_SWIFT(otherPage) = 9, /* the kernel wrote its page for another one */
  KIT_NO_FUNCTION KIT_SWIFT(noFunction) = 10, /* the image lacks a function */
  KIT_CALLOUT_MISSING KIT_SWIFT(calloutMissing) = 11, /* the program has not given its function */
  KIT_CALLOUT_LAYOUT KIT_SWIFT(calloutLayout) = 12, /* the program's functions are of another one */
  KIT_BUSY KIT_SWIFT(busy) = 13, /* other writers were faster in all tries */
  KIT_OUT_OF_RANGE KIT_SWIFT(outOfRange) = 14, /* an argument is beyond what there is */
  KIT_NO_SLOT KIT_SWIFT(noSlot) = 15, /* the kit has KIT_MEMBERS members */
  KIT_NO_MEMBER KIT_SWIFT(noMember) = 16, /* this process is none: it is a child, or only reads */
  KIT_FULL KIT_SWIFT(full) = 17, /* no room; later there may be */
  KIT_EMPTY KIT_SWIFT(empty) = 18, /* nothing is there; later there may be */
  KIT_GONE KIT_SWIFT(gone) = 19, /* the member has left */
  KIT_AGAIN KIT_SWIFT(again) = 20, /* a wait ended early: call again */
  KIT_TIMED_OUT KIT_SWIFT(timedOut) = 21, /* the deadline has come */
  /* Why kernel code does not call it (Sources/UserSpace/Files/Kits/KernelKit.swift has the numbers). */
  KIT_NOT_BUILT_IN KIT_SWIFT(notBuiltIn) = 22, /* it is a file, not a part of the kernel */
  KIT_OF_PROGRAMS KIT_SWIFT(ofPrograms) = 23, /* it has pages that programs write, or own */
  KIT_CALLS_SYSTEM KIT_SWIFT(callsSystem) = 24, /* its code may make system calls */
};

/* The name of an error. */
static inline const char *kit_error_name(enum kit_error error) {
  switch (error) {
  case KIT_NO_ERROR: return "no error";
  case KIT_NOT_BOUND: return "not bound";
  case KIT_ABSENT: return "the kernel has no such kit";
  case KIT_NO_RIGHT: return "no right to open it";
  case KIT_NOT_MAPPED: return "it cannot be mapped";
  case KIT_NO_IMAGE: return "no image of a kit";
  case KIT_OTHER_NAME: return "the image of another kit";
  case KIT_OTHER_VERSION: return "another version";
  case KIT_OTHER_LAYOUT: return "another layout";
  case KIT_OTHER_PAGE: return "a page of another layout";
  case KIT_NO_FUNCTION: return "a function is missing";
  case KIT_CALLOUT_MISSING: return "a call-out is missing";
  case KIT_CALLOUT_LAYOUT: return "call-outs of another layout";
  case KIT_BUSY: return "busy";
  case KIT_OUT_OF_RANGE: return "out of range";
  case KIT_NO_SLOT: return "it has as many members as it can";
  case KIT_NO_MEMBER: return "no member";
  case KIT_FULL: return "full";
  case KIT_EMPTY: return "empty";
  case KIT_GONE: return "the member has left";
  case KIT_AGAIN: return "call again";
  case KIT_TIMED_OUT: return "timed out";
  case KIT_NOT_BUILT_IN: return "not built into the kernel";
  case KIT_OF_PROGRAMS: return "it has pages of programs";
  case KIT_CALLS_SYSTEM: return "it makes system calls";
  }
  return "unknown error";
}

#endif
