// SPDX-License-Identifier: Apache-2.0
/* Instructions that Swift cannot express: system registers, barriers, cache and TLB maintenance;
 * and the assembly routines of this target. Register names and encodings: ARM DDI 0406C, B3.17 and
 * B4.1. On the host only the declarations exist. */
#ifndef APUS_PORT_H
#define APUS_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu_area.h"
#include "trap_frame.h"

/* switch.S */
void port_switch(uint32_t *saved_stack, uint32_t new_stack);
uint32_t port_prepare_stack(uint32_t stack_top, void (*entry)(uint32_t), uint32_t argument);
uint32_t port_prepare_user(uint32_t stack_top, const void *frame, uint32_t tls);
void port_reset_user(void);
void port_save_vfp(void *words);
void port_restore_vfp(const void *words);
/* user_copy.S: false if the user's side is not accessible */
bool port_copy_in(void *destination, uint32_t source, uint32_t count);
bool port_copy_out(uint32_t destination, const void *source, uint32_t count);
/* 1 plus the number of bytes before the zero, or before the end of the room; 0 if not accessible */
uint32_t port_copy_string(void *destination, uint32_t source, uint32_t room);
bool port_store_time32(uint32_t seconds, uint32_t nanoseconds, uint32_t destination);
bool port_store_time64(uint32_t low, uint32_t high, uint32_t nanoseconds, uint32_t destination);
extern const char user_copy_start[], user_copy_block_start[], user_copy_block_end[], user_copy_end[];
extern const char user_copy_fault[], user_copy_block_fault[];
/* vectors.S */
void port_enter_user(void *frame); /* does not return */
/* power.S */
uint32_t port_psci_hypervisor(uint32_t function, uint32_t a, uint32_t b, uint32_t c);
uint32_t port_psci_monitor(uint32_t function, uint32_t a, uint32_t b, uint32_t c);
void port_semihosting_exit(uint32_t status);
void port_semihosting_put(uint8_t byte);
extern const char port_semihosting_instruction[];
/* memory.S */
void port_zero_page(void *page);
void port_clean_page(uint32_t address);

#if defined(__arm__)

/* Always inlined: each is an instruction or two, and a call would cost interrupts and the page
 * writer. */
#define PORT_INLINE static inline __attribute__((always_inline))

/* Whether an instruction is one of the copy routines. */
PORT_INLINE bool port_is_user_copy(uint32_t pc) {
  return pc >= (uint32_t)user_copy_start && pc < (uint32_t)user_copy_end;
}
/* Where the copy whose instruction at `pc` faulted continues if the fault is not resolved. */
PORT_INLINE uint32_t port_user_copy_failure(uint32_t pc) {
  bool is_in_block = pc >= (uint32_t)user_copy_block_start && pc < (uint32_t)user_copy_block_end;
  return (uint32_t)(is_in_block ? user_copy_block_fault : user_copy_fault);
}
PORT_INLINE uint32_t port_semihosting_address(void) {
  return (uint32_t)port_semihosting_instruction;
}

#define PORT_READ(name, type, text) \
  PORT_INLINE type name(void) { type v; __asm__ volatile(text : "=r"(v)); return v; }
#define PORT_READ64(name, text) \
  PORT_INLINE uint64_t name(void) { uint64_t v; __asm__ volatile(text : "=r"(v)); return v; }
#define PORT_WRITE(name, text) \
  PORT_INLINE void name(uint32_t v) { __asm__ volatile(text : : "r"(v) : "memory"); }
#define PORT_DO(name, text) \
  PORT_INLINE void name(void) { __asm__ volatile(text : : "r"(0) : "memory"); }

__attribute__((returns_nonnull)) PORT_INLINE struct port_cpu_area *port_cpu(void) {
  struct port_cpu_area *area;
  /* Not volatile, so that it is read once between calls: a task moves to another CPU only in a
   * call. The memory operand makes it be read again after a call. */
  __asm__("mrc p15, 0, %0, c13, c0, 4" : "=r"(area) : "Q"(*(const char *)__builtin_frame_address(0)));
  return area;
}
/* The areas of all CPUs, by number (start.S). */
extern struct port_cpu_area port_cpu_areas[CPU_LIMIT];
__attribute__((returns_nonnull)) PORT_INLINE struct port_cpu_area *port_cpu_area(uint32_t number) {
  return &port_cpu_areas[number & (CPU_LIMIT - 1)];
}
/* A CPU's phase. Others wait for it: release and acquire make earlier stores visible with a
 * change. */
PORT_INLINE uint32_t port_phase(uint32_t number) {
  return __atomic_load_n(&port_cpu_areas[number & (CPU_LIMIT - 1)].phase, __ATOMIC_ACQUIRE);
}
PORT_INLINE void port_set_phase(uint32_t number, uint32_t phase) {
  __atomic_store_n(&port_cpu_areas[number & (CPU_LIMIT - 1)].phase, phase, __ATOMIC_RELEASE);
}
PORT_INLINE bool port_change_phase(uint32_t number, uint32_t from, uint32_t to) {
  return __atomic_compare_exchange_n(&port_cpu_areas[number & (CPU_LIMIT - 1)].phase, &from, to, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}
PORT_INLINE uint32_t port_mask_interrupts(void) {
  uint32_t v;
  __asm__ volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(v) : : "memory");
  return v;
}
PORT_INLINE void port_restore_interrupts(uint32_t v) {
  __asm__ volatile("msr cpsr_c, %0" : : "r"(v) : "memory");
}
PORT_DO(port_enable_interrupts, "cpsie i")
PORT_DO(port_dmb, "dmb ish")
PORT_DO(port_dmb_stores, "dmb ishst")
PORT_DO(port_dsb, "dsb ish")
PORT_DO(port_isb, "isb")
PORT_DO(port_yield, "yield")
PORT_DO(port_wait, "dsb\n\twfi")

/* Generic timer (DDI 0406C, B8.1). */
PORT_READ(port_counter_frequency, uint32_t, "mrc p15, 0, %0, c14, c0, 0")
PORT_READ64(port_counter, "isb\n\tmrrc p15, 1, %Q0, %R0, c14")
PORT_INLINE void port_timer_set(uint64_t v) {
  __asm__ volatile("mcrr p15, 3, %Q0, %R0, c14" : : "r"(v)); /* CNTV_CVAL */
}
PORT_WRITE(port_timer_control, "mcr p15, 0, %0, c14, c3, 1\n\tisb") /* CNTV_CTL */
PORT_WRITE(port_counter_access, "mcr p15, 0, %0, c14, c1, 0\n\tisb") /* CNTKCTL */

/* Claims the panic for CPU `number`: 0 if it is the first, else the number of the first plus
 * one. */
extern uint32_t port_panicking;
PORT_INLINE uint32_t port_begin_panic(uint32_t number) {
  uint32_t first = 0;
  __atomic_compare_exchange_n(&port_panicking, &first, number + 1, false, __ATOMIC_ACQ_REL,
                              __ATOMIC_ACQUIRE);
  return first;
}

/* The CPU's implementer, part and revision (B4.1.105). */
PORT_READ(port_main_identity, uint32_t, "mrc p15, 0, %0, c0, c0, 0") /* MIDR */
/* Counts an interrupt in, and keeps the address of its frame. */
PORT_INLINE void port_enter_interrupt(const struct port_trap_frame *frame) {
  struct port_cpu_area *area = port_cpu();
  area->interrupts++;
  area->frame = (uint32_t)frame;
}
/* The cpsr of what this CPU's last interrupt interrupted. */
PORT_INLINE uint32_t port_interrupted_state(void) {
  return ((const struct port_trap_frame *)port_cpu()->frame)->cpsr;
}
PORT_INLINE void port_count_interrupt(uint32_t kind) { port_cpu()->counts[kind & 1]++; }
PORT_INLINE uint32_t port_interrupt_depth(uint32_t number) {
  return __atomic_load_n(&port_cpu_areas[number & (CPU_LIMIT - 1)].interrupts, __ATOMIC_ACQUIRE);
}
PORT_INLINE uint32_t port_interrupt_count(uint32_t number, uint32_t kind) {
  return port_cpu_areas[number & (CPU_LIMIT - 1)].counts[kind & 1];
}

/* The CPU's affinity, in bits 23 to 0 (B4.1.106). */
PORT_READ(port_multiprocessor_identity, uint32_t, "mrc p15, 0, %0, c0, c0, 5") /* MPIDR */

/* Faults. */
PORT_READ(port_data_fault_status, uint32_t, "mrc p15, 0, %0, c5, c0, 0")
PORT_READ(port_data_fault_address, uint32_t, "mrc p15, 0, %0, c6, c0, 0")
PORT_READ(port_instruction_fault_status, uint32_t, "mrc p15, 0, %0, c5, c0, 1")
PORT_READ(port_instruction_fault_address, uint32_t, "mrc p15, 0, %0, c6, c0, 2")
PORT_READ(port_stack_pointer, uint32_t, "mov %0, sp")
/* The frame record of the calling function, or of its caller if this is inlined: the first word of a record. */
PORT_INLINE uint32_t port_frame_pointer(void) { return *(const uint32_t *)__builtin_frame_address(0); }

/* Translation. */
PORT_WRITE(port_set_ttbr0, "mcr p15, 0, %0, c2, c0, 0")
PORT_WRITE(port_set_ttbr1, "mcr p15, 0, %0, c2, c0, 1\n\tisb")
PORT_WRITE(port_set_context, "mcr p15, 0, %0, c13, c0, 1\n\tisb") /* CONTEXTIDR */
PORT_READ(port_control, uint32_t, "mrc p15, 0, %0, c1, c0, 0")
PORT_WRITE(port_set_control, "mcr p15, 0, %0, c1, c0, 0\n\tisb")
PORT_DO(port_invalidate_tlb, "mcr p15, 0, %0, c8, c3, 0\n\tdsb ish\n\tisb")          /* TLBIALLIS */
PORT_WRITE(port_invalidate_page, "mcr p15, 0, %0, c8, c3, 1")                         /* TLBIMVAIS */
PORT_DO(port_invalidate_instructions, "mcr p15, 0, %0, c7, c1, 0\n\tdsb ish\n\tisb") /* ICIALLUIS */

/* Performance monitors (DDI 0406C, C12). */
PORT_READ(port_debug_features, uint32_t, "mrc p15, 0, %0, c0, c1, 2")   /* ID_DFR0 */
PORT_WRITE(port_select_event, "mcr p15, 0, %0, c9, c12, 5\n\tisb")      /* PMSELR */
PORT_WRITE(port_set_event_type, "mcr p15, 0, %0, c9, c13, 1\n\tisb")    /* PMXEVTYPER */
PORT_WRITE(port_enable_events, "mcr p15, 0, %0, c9, c12, 1")            /* PMCNTENSET */
PORT_WRITE(port_control_events, "mcr p15, 0, %0, c9, c12, 0\n\tisb")    /* PMCR */
PORT_READ(port_event_count, uint32_t, "isb\n\tmrc p15, 0, %0, c9, c13, 2") /* PMXEVCNTR */

/* The thread pointer, which user mode can read (TPIDRURO). */
PORT_WRITE(port_set_tls, "mcr p15, 0, %0, c13, c0, 3")
PORT_READ(port_tls, uint32_t, "mrc p15, 0, %0, c13, c0, 3")
/* A word that user mode can read and write (TPIDRURW). */
PORT_WRITE(port_set_program_word, "mcr p15, 0, %0, c13, c0, 2")
PORT_READ(port_program_word, uint32_t, "mrc p15, 0, %0, c13, c0, 2")

#undef PORT_INLINE
#undef PORT_READ
#undef PORT_READ64
#undef PORT_WRITE
#undef PORT_DO
#endif

#endif
