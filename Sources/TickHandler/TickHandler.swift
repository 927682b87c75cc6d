// SPDX-License-Identifier: Apache-2.0
// TickHandler: time. It derives all clocks from one hardware counter, publishes them for the vDSO
// page, keeps the tick grid and serves timeouts.
//
// Principles
//
// - A clock is a linear function of the counter (`TimeLine`): a point and a rate. Fractions of a
//   nanosecond are kept, so that updates lose no time and the tick frequency does not affect the
//   clocks.
// - One sample under one lock serves all clocks, and it is published before the lock is released.
//   So the system calls and the vDSO page agree, and monotonic time never goes back.
// - The tick grid does not drift: each deadline is computed from the previous one, and missed ticks
//   are counted later.
// - One CPU keeps time. Idle CPUs stop their tick; the last one programs the next timeout.
// - Hot paths (a tick, a clock read) multiply and do not divide. Divisions are at boot and on rare
//   paths.
// - Results follow Linux: clock numbers, adjtimex, leap seconds, the limits of clock_settime.
//
// Parts, from the bottom up
//
// - `Counter.swift`: the protocols that a port or board implements: counter and real-time clock.
// - `CounterCheck.swift`: the check at boot whether fine clocks may use the counter.
// - `Timespec.swift`, `ClockScale.swift`, `TimeLine.swift`, `WallOffset.swift`: the arithmetic.
// - `ClockDiscipline.swift`, `ClockAdjustment.swift`, `LeapSecond.swift`: adjtimex.
// - `Timekeeper.swift`: the clocks under their lock; `TimeSnapshot.swift`: what it publishes.
// - `TickCadence.swift`, `TickConfiguration.swift`: the tick grid. `TimeoutQueue.swift`: deadlines.
// - `TickService.swift`: the tick interrupt, and the idle state of each CPU.
// - `CPUTime.swift`: CPU time of a task.
//
// Locks
//
// Each of `TickService` (level `ticks`), `Timekeeper` (level `timekeeper`) and `CounterCheck`
// (level `counter`) has a spin lock, which masks interrupts. No two of them are held together, and
// a timeout is served with none of them held.
//
// This module must not name a port or a board, know tasks, lay out the vDSO page, allocate, or
// block. A timeout is a token that the caller of `handleTick` interprets. A `TimePublisher` writes
// the page.
