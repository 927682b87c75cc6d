// SPDX-License-Identifier: Apache-2.0
/* Calls out of the kernel: PSCI (ARM DEN 0022D) and semihosting (ARM Semihosting 2.0,
 * SYS_EXIT_EXTENDED, SYS_WRITEC). */
#if defined(__arm__)
  .syntax unified
  .arm
  .arch_extension virt
  .arch_extension sec
  .section .text.power, "ax", %progbits

/* uint32_t port_psci_hypervisor(function, a, b, c), port_psci_monitor(…): call the firmware. */
  .globl port_psci_hypervisor
  .type port_psci_hypervisor, %function
port_psci_hypervisor:
  hvc   #0
  bx    lr
  .globl port_psci_monitor
  .type port_psci_monitor, %function
port_psci_monitor:
  smc   #0
  bx    lr

/* void port_semihosting_exit(uint32_t status): ends the machine; returns if no debugger is
 * attached. */
  .globl port_semihosting_exit
  .type port_semihosting_exit, %function
port_semihosting_exit:
  mov   r1, r0
  ldr   r0, =0x20026                @ ADP_Stopped_ApplicationExit
  push  {r0, r1, r2, lr}
  mov   r0, #0x20                   @ SYS_EXIT_EXTENDED
  b     1f

/* void port_semihosting_put(uint8_t byte): writes a byte to the debugger's console. */
  .globl port_semihosting_put
  .type port_semihosting_put, %function
port_semihosting_put:
  push  {r0, r1, r2, lr}
  mov   r0, #0x03                   @ SYS_WRITEC
/* The operation is in r0, its argument on the stack. Without a debugger the instruction is
 * undefined, and port_fault skips it. */
1:
  mov   r1, sp
  .globl port_semihosting_instruction
port_semihosting_instruction:
  .inst 0xe10f0070                  @ hlt #0xf000
  add   sp, sp, #12
  pop   {pc}
  .ltorg
#endif
