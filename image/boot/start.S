// SPDX-License-Identifier: Apache-2.0
/* The kernel's entry code: from Linux' ARM boot protocol to Swift's main.
 *
 * In: MMU and data cache off, r2 = physical address of the device tree, SVC or HYP mode, running
 * at the physical address RAM base + 0x10000 (Linux, Documentation/arch/arm/booting.rst).
 * Out: `port_started` at its linked address in SVC mode, MMU and caches on, interrupts masked, the
 * kernel's image and the device tree mapped by 1 MiB sections. PortARMv7A/KernelMap.swift replaces
 * this map at once by one with permissions.
 */
#if defined(__arm__)
#include "cpu_area.h"
#include "layout.h"

/* A section descriptor (ARM DDI 0406C, B3.5.1): TEX=001 C B (normal, write-back, allocate), S,
 * AP=01 (kernel only), domain 0. Executable for now. */
#define SECTION_NORMAL 0x0001140e

  .syntax unified
  .arm

/* Leaves HYP mode, in which a loader or firmware may enter, after permitting PL1 to use the
 * counter. Afterwards in SVC mode, all interrupts masked. r0 and r1 are lost. */
.macro leave_hypervisor
  mrs   r0, cpsr
  and   r1, r0, #0x1f
  cmp   r1, #MODE_HYP
  bne   1f
  mrc   p15, 4, r1, c14, c1, 0      @ CNTHCTL
  orr   r1, r1, #3
  mcr   p15, 4, r1, c14, c1, 0
  mov   r1, #0
  mcrr  p15, 4, r1, r1, c14         @ CNTVOFF = 0
  mov   r0, #MODE_SVC
  orr   r0, r0, #0x1c0              @ A, I and F masked
  msr   spsr_cxsf, r0
  adr   r1, 1f
  .inst 0xe12ef301                  @ msr elr_hyp, r1
  .inst 0xe160006e                  @ eret
1:
  cpsid aif, #MODE_SVC
.endm

  .section .head.text, "ax", %progbits
  .globl _start
  .type _start, %function
_start:
  mrc   p15, 0, r12, c1, c0, 0      @ SCTLR: with the MMU on, code jumped to the reset vector
  tst   r12, #1
  ldrne pc, =trap_reset
  mrrc  p15, 1, r10, r11, c14       @ CNTVCT: the time at which the kernel was entered
  mov   r9, r2                      @ the device tree
  leave_hypervisor
  adr   r4, _start
  ldr   r5, =_start
  sub   r6, r4, r5                  @ r6 = physical - virtual

  @ Zero .bss, which holds the tables and the stacks.
  ldr   r0, =__bss_start
  ldr   r1, =__kernel_end
  add   r0, r0, r6
  add   r1, r1, r6
  mov   r2, #0
  mov   r3, #0
  mov   r4, #0
  mov   r5, #0
2:
  stmia r0!, {r2-r5}
  cmp   r0, r1
  blo   2b

  ldr   r0, =boot_facts
  add   r0, r0, r6
  ldr   r4, =KERNEL_BASE
  add   r4, r4, r6                  @ r4 = RAM base, physical
  str   r9, [r0]
  str   r4, [r0, #4]
  strd  r10, r11, [r0, #8]

  @ The first-level table: image and device tree at their linear addresses;
  ldr   r8, =boot_first_level
  add   r8, r8, r6
  ldr   r7, =SECTION_NORMAL
  ldr   r0, =KERNEL_BASE
  ldr   r1, =__kernel_end
  bl    map_sections
  mov   r0, r9
  sub   r0, r0, r6
  lsr   r0, r0, #20
  lsl   r0, r0, #20
  add   r1, r0, #(3 << 20)          @ a device tree is at most 2 MiB, at any offset
  bl    map_sections
  @ and the image at its physical address, for the instructions around the switch, in the table of
  @ the half that contains the address.
  ldr   r5, =boot_identity
  add   r5, r5, r6
  adr   r0, _start
  lsr   r1, r0, #20
  orr   r2, r7, r1, lsl #20
  cmp   r0, #KERNEL_BASE
  addlo r10, r5, r1, lsl #2
  addhs r10, r8, r1, lsl #2
  ldr   r11, [r10]
  str   r2, [r10]
  sub   r10, r10, r6                @ the entry's linked address, for the store of r11 below

  mov   r4, #0
  bl    enable_mmu
  ldr   pc, =start_virtual

/* The entry at which firmware starts each secondary CPU: MMU and caches off, r0 = its number
 * (PSCI's context). */
  .globl boot_secondary
  .type boot_secondary, %function
boot_secondary:
  mov   r9, r0
  leave_hypervisor
  adr   r4, boot_secondary
  ldr   r5, =boot_secondary
  sub   r6, r4, r5                  @ r6 = physical - virtual
  ldr   r8, =boot_first_level
  add   r8, r8, r6
  ldr   r5, =boot_identity          @ with the entry that KernelMap.mapSecondaryEntry made
  add   r5, r5, r6
  mov   r4, #(1 << 13)              @ SCTLR.V: the first CPU has mapped the high vectors
  bl    enable_mmu
  ldr   pc, =secondary_virtual

/* Enables MMU and caches. In: r8 = the upper half's table and r5 = the lower half's, both physical;
 * r4 = further bits of SCTLR. Returns to lr, which the lower half maps. */
enable_mmu:
  @ Table attributes: inner and outer write-back allocate, shareable (B4.1.154: RGN, IRGN, S).
  orr   r0, r8, #0x4a
  orr   r1, r5, #0x4a
  mcr   p15, 0, r0, c2, c0, 1       @ TTBR1
  mcr   p15, 0, r1, c2, c0, 0       @ TTBR0
  mov   r0, #1
  mcr   p15, 0, r0, c2, c0, 2       @ TTBCR.N = 1: TTBR0 below 2 GiB
  mcr   p15, 0, r0, c3, c0, 0       @ DACR: domain 0 checks permissions
  mov   r0, #0
  mcr   p15, 0, r0, c13, c0, 1      @ CONTEXTIDR: ASID 0
  mcr   p15, 0, r0, c8, c7, 0       @ TLBIALL
  mcr   p15, 0, r0, c7, c5, 0       @ ICIALLU
  mcr   p15, 0, r0, c7, c5, 6       @ BPIALL
  mrc   p15, 0, r0, c1, c0, 1       @ ACTLR.SMP: coherency before the caches are enabled
  orr   r0, r0, #(1 << 6)
  mcr   p15, 0, r0, c1, c0, 1
  ldr   r0, =vectors
  mcr   p15, 0, r0, c12, c0, 0      @ VBAR, until the high vectors are mapped
  dsb
  isb
  mrc   p15, 0, r0, c1, c0, 0       @ SCTLR
  ldr   r1, =0x30002002             @ clear TRE, AFE, V and A
  bic   r0, r0, r1
  ldr   r1, =0x00001805             @ set I, Z, C and M
  orr   r0, r0, r1
  orr   r0, r0, r4
  mcr   p15, 0, r0, c1, c0, 0
  dsb
  isb
  bx    lr
  .ltorg

/* Maps [r0, r1) by sections in table r8, with attributes r7; virtual = physical - r6. */
map_sections:
  lsr   r2, r0, #20
3:
  add   r3, r6, r2, lsl #20
  orr   r3, r3, r7
  str   r3, [r8, r2, lsl #2]
  add   r2, r2, #1
  cmp   r1, r2, lsl #20
  bhi   3b
  bx    lr
  .ltorg

/* The loop for CPUs that a board's loader left running: at its physical address, MMU off. */
  .globl boot_park
  .type boot_park, %function
boot_park:
  wfi
  b     boot_park

  .section .text.start_virtual, "ax", %progbits
start_virtual:
  str   r11, [r10]                  @ ends the mapping at the physical address
  dsb
  mcr   p15, 0, r0, c8, c7, 0       @ TLBIALL
  dsb
  isb
  ldr   r0, =port_cpu_areas
  bl    port_initialise_cpu
  ldr   sp, =__boot_stack_top
  mov   r7, #0                      @ a backtrace ends here
  mov   r0, #0
  mov   r1, #0
  bl    port_started
  udf   #0                          @ it does not return

/* A secondary CPU: r9 = its number, MMU on, the lower half still the identity map. */
secondary_virtual:
  ldr   r0, =port_cpu_areas
  add   r0, r0, r9, lsl #CPU_AREA_SHIFT
  bl    port_initialise_cpu
  mrc   p15, 0, r0, c13, c0, 4
  ldr   sp, [r0, #CPU_STACK]
  mov   r7, #0                      @ a backtrace ends here
  bl    port_secondary_started
  udf   #0                          @ it does not return

/* Initialises a CPU before it runs Swift: the scratch areas of the exception modes, the per-CPU
 * pointer, VFP on. In: r0 = its area. Out: SVC mode, interrupts masked. */
  .globl port_initialise_cpu
  .type port_initialise_cpu, %function
port_initialise_cpu:
  mcr   p15, 0, r0, c13, c0, 4      @ TPIDRPRW: this CPU's area
  add   r1, r0, #CPU_SCRATCH
  cps   #MODE_ABT
  mov   sp, r1
  cps   #MODE_UND
  mov   sp, r1
  cps   #MODE_IRQ
  mov   sp, r1
  cps   #MODE_SVC
  mrc   p15, 0, r0, c1, c0, 2       @ CPACR: cp10 and cp11 for all
  orr   r0, r0, #(0xf << 20)
  mcr   p15, 0, r0, c1, c0, 2
  isb
  mov   r0, #(1 << 30)
  .inst 0xeee80a10                  @ vmsr fpexc, r0
  bx    lr
  .ltorg

  .section .bss.boot, "aw", %nobits
  .balign 16384
  .globl boot_first_level
boot_first_level:
  .space 16384
  .globl boot_identity
boot_identity:
  .space 8192
  .globl boot_second_level
boot_second_level:
  .space 8 * 1024
  .globl boot_system
  .balign 16
boot_system:
  .space 1024
  .globl boot_system_end
boot_system_end:
  .globl boot_facts
  .balign 8
boot_facts:
  .space 16
  .globl port_panicking
port_panicking:
  .space 4
  .balign 64
  .globl port_cpu_areas
port_cpu_areas:
  .space CPU_LIMIT << CPU_AREA_SHIFT
#endif
