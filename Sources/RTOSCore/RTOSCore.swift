// SPDX-License-Identifier: Apache-2.0
// RTOSCore: the portable real-time core. It schedules tasks, implements the objects that tasks
// block on, and has LiteOS' functions for both.
//
// Principles
// - No architecture and no board. The port enters as generic parameters: `Processor` (interrupt
//   mask, barriers, CPU number) and `ContextSwitch` (stacks, address spaces, the running task).
//   Host tests supply mocks for both.
// - No allocation. Tables, stacks and pools are memory that the kernel hands in.
// - Work under a lock is bounded, because interrupts are masked meanwhile: the pick of a task is
//   O(1), timeouts are O(log n), the rest is limited by the sizes of fixed tables.
// - A resource is handed over: the task that makes it available assigns it to the most urgent
//   waiter. No later task can take it first, and no waiter has to retry.
// - Failures are small typed errors. A failed call changes nothing, unless its documentation says
//   so.
//
// Parts, from the bottom up. A folder uses only those before it (`tools/gates cycles`).
// - Processor, Status, Widening: the CPU, LiteOS' status codes, an inlined integer conversion.
// - Word, KernelAddress, PhysicalAddress, TaskNumber, CpuMask, PerCPU: types that all modules use.
// - SerialDevice: what the console's device does.
// - Bytes: numbers and texts in bytes that have not been checked yet.
// - Log: the text sink that everything prints to, and the kernel log.
// - Locks: spin locks, values that only their lock gives access to, the big
//   kernel lock (`HandoverLock`), the lock order (`LockLevel`) and its audit in debug builds.
// - Trace: the scheduler's event rings, in debug builds only.
// - Tasks: task records, run queues, timeouts, and the scheduler; waiting, mutexes and reader-writer
//   locks.
// - Objects: semaphores, events, queues, software timers, work queues.
// - Interrupts: the table of handlers of interrupt lines.
// - Memory: pools and boxes of memory for C code, rings of bytes.
// - ModuleInit: the init functions of C modules, by level.
// - LiteOS: what is behind the C functions, whose names module LiteOS exports.
//
// Locks. One spin lock protects all tasks and all objects that tasks wait for, but not software
// timers. It is the innermost lock of the kernel but that of the console: code that holds any other
// spin lock may call `Scheduler.wake`, and only the log acquires a lock under it. It is held across
// a context switch and released by the task that is switched in. Handlers of lines, software
// timers, and pools have one lock of their own each.
//
// The module must not: name a port, a board or a process; block while a spin lock is held; use a
// heap or floating point.
