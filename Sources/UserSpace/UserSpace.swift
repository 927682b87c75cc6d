// SPDX-License-Identifier: Apache-2.0
// UserSpace: processes and threads that run Linux programs, and the system calls
// that they make. What a program sees is what Linux 6.1 answers.
//
// Principles
// - No architecture, no board and no scheduler. Everything from outside enters through one generic
//   parameter, `Platform`: tasks, translation tables, the console, clocks. Tests supply a mock.
// - No allocation but frames. Tables have a fixed size; what belongs to one process is in a few
//   frames, which the last thread releases. A full table is an errno for the caller.
// - What a program, a file or a device tree gives is an allegation: `CpioArchive` and `ElfProgram`
//   check a file completely before it is used, and each system call checks all of its arguments
//   before it acts.
//
// Parts, from the bottom up. A folder uses only those before it (`tools/gates cycles`).
// - Values, Entropy: errors, records and references; bytes that are never freed;
//   the random number generator.
// - Signals: signals, their actions and queues.
// - Terminal: the line discipline of a terminal.
// - Memory: the memory of programs and how it is accessed.
// - ABI: what programs and the kernel exchange, by architecture.
// - Services: the small protocols of `Platform`.
// - Files: nodes, open files, path resolution; the initrd, /dev, /proc.
// - Process: `Platform`; processes, threads and the table of both; futexes, timers and limits;
//   fork, faults and ends; the sending and the delivery of signals.
// - Program: ELF files, a program's initial stack, the start of init.
// - SystemCalls: `SystemCalls.dispatch` looks a call up in the call table and runs its method.
//
// Locks. The kernel lock (`Platform.enterKernel`) protects all process state. It is held alone for
// user-return work (`Thread.doUserReturnWork`) and for system calls and faults, except those that use
// only their own thread, or share the lock to use only their own process (`CallNeeds`). It is dropped
// while a thread is blocked and at a preemption point (`FilePlatform.mustEnd`), so a caller must
// check its conditions again afterwards.
// The process table's lock (`Processes.withLock`) is a spin lock, acquired inside the kernel
// lock or in an interrupt. It protects what interrupts and other processes use: the table, pending
// signals, futex queues, timers and limits.
// While it is held, only locks of the tick, the clocks and the scheduler are acquired
// (docs/design.md, Locks).
//
// It must not: access user memory other than by the checked copies of `Platform.User`; touch user
// memory or an address space, or block, while the process table's lock is held; acquire the kernel
// lock in an interrupt; keep a pointer to a process or a thread beyond its end.
