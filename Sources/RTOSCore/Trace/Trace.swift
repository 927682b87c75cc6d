// SPDX-License-Identifier: Apache-2.0
#if DEBUG
  import Synchronization

  /// The recorder's state, without the rings' contents.
  @safe public struct TraceState: ~Copyable {
    fileprivate let isOn = Atomic<UInt32>(0)
    fileprivate let rings: UnsafeMutablePointer<TraceRing>
    fileprivate let cpuCount: UInt32
    /// The CPU on which each task ran last, plus one; 0 before it has run.
    fileprivate let lastCpus: UnsafeMutablePointer<UInt8>
    fileprivate let taskCount: UInt32
    fileprivate let processor: @convention(c) () -> UInt32
    fileprivate let clock: @convention(c) () -> UInt64
    fileprivate let runningTask: @convention(c) () -> UInt32

    /// The ring of a CPU, whose number is below `cpuCount`.
    fileprivate subscript(ringOf cpu: UInt32) -> TraceRing {
      // SAFETY: there is a ring for each CPU, in memory that is never freed.
      unsafeAddress { unsafe UnsafePointer(rings + Int(cpu)) }
    }

    /// The CPU on which a task, whose number is below `taskCount`, ran last; see `lastCpus`.
    /// Accessed under the scheduler's lock, or by the creator of the task.
    fileprivate subscript(lastCpuOf task: TaskNumber) -> UInt8 {
      // SAFETY: there is a byte for each task, in memory that is never freed.
      unsafeAddress { unsafe UnsafePointer(lastCpus + task.index) }
      // SAFETY: there is a byte for each task, in memory that is never freed.
      nonmutating unsafeMutableAddress { unsafe lastCpus + task.index }
    }
  }

  /// A reference to the installed recorder, which is permanent.
  @safe private struct Recorder {
    let address: UnsafePointer<TraceState>

    var state: TraceState {
      // SAFETY: the state was initialised when it was installed, and is never freed.
      unsafeAddress { unsafe address }
    }
  }

  // SAFETY: the state is installed at boot, before a second CPU runs, and is permanent; each CPU
  // writes its own ring, and `lastCpus` only under the scheduler's lock.
  /// Records scheduler events in debug builds. It is compiled out of release builds: even testing a
  /// flag is too expensive on the switch path.
  ///
  /// Each hook is one call, made with interrupts masked.
  public enum Trace {
    nonisolated(unsafe) private static var installed: Recorder?

    /// Installs the recorder at boot with permanent memory: one ring for each CPU and one byte for
    /// each task. Nothing is recorded before `setOn`.
    public static func install(
      _ memory: UnsafeMutablePointer<TraceState>, rings: UnsafeMutablePointer<TraceRing>,
      cpuCount: UInt32, places: UnsafeMutablePointer<UInt8>, taskCount: UInt32,
      processor: @convention(c) () -> UInt32, clock: @convention(c) () -> UInt64,
      runningTask: @convention(c) () -> UInt32
    ) {
      unsafe places.initialize(repeating: 0, count: Int(taskCount))
      unsafe memory.initialize(
        to: TraceState(
          rings: rings, cpuCount: cpuCount, lastCpus: places, taskCount: taskCount,
          processor: processor, clock: clock, runningTask: runningTask))
      unsafe installed = Recorder(address: memory)
    }

    /// Restarts all rings and starts recording, or stops it.
    public static func setOn(_ isOn: Bool) {
      guard let recorder = unsafe installed else { return }
      if isOn {
        for cpu in 0..<recorder.state.cpuCount {
          recorder.state[ringOf: cpu].restart()
        }
      }
      recorder.state.isOn.store(isOn ? 1 : 0, ordering: .relaxed)
    }

    /// True while events are recorded.
    public static var isOn: Bool {
      guard let recorder = unsafe installed else { return false }
      return recorder.state.isOn.load(ordering: .relaxed) != 0
    }

    /// Calls `body` with the ring of a CPU; does nothing when there is none.
    public static func withRing(_ cpu: UInt32, _ body: (borrowing TraceRing) -> Void) {
      guard let recorder = unsafe installed, cpu < recorder.state.cpuCount else { return }
      body(recorder.state[ringOf: cpu])
    }

    /// Records that the calling CPU switches between two tasks, and why (`TraceReason`). The
    /// scheduler's lock is held.
    @inline(never)
    static func switched(from old: TaskNumber, _ reason: UInt8, to new: TaskNumber) {
      guard isOn, let recorder = unsafe installed else { return }
      let cpu = recorder.state.processor()
      note(.switchOut, task: old, value: new.rawValue | UInt32(reason) << 16)
      guard max(old.rawValue, new.rawValue) < recorder.state.taskCount else { return }
      let mark = UInt8(truncatingIfNeeded: cpu + 1)
      let before = recorder.state[lastCpuOf: new]
      recorder.state[lastCpuOf: old] = mark
      if before != 0, before != mark { note(.migrate, task: new, value: UInt32(before - 1)) }
      recorder.state[lastCpuOf: new] = mark
    }

    /// Records that a task became ready. The scheduler's lock is held.
    @inline(never)
    static func woke(_ task: TaskNumber) {
      guard isOn, let recorder = unsafe installed else { return }
      note(.wake, task: task, value: recorder.state.runningTask())
    }

    /// Records that the calling CPU served a tick.
    @inline(never)
    static func ticked(_ tick: UInt64) {
      note(.tick, task: nil, value: UInt32(truncatingIfNeeded: tick))
    }

    /// Records that the calling CPU begins or ends an interrupt.
    @inline(never)
    public static func interrupt(_ kind: TraceEvent.Kind, line: UInt32) {
      note(kind, task: nil, value: line)
    }

    /// Records the name of a task; another task may have had its number before.
    @inline(never)
    public static func named(_ task: TaskNumber, _ name: InlineArray<16, UInt8>) {
      guard isOn, let recorder = unsafe installed else { return }
      if task.rawValue < recorder.state.taskCount { recorder.state[lastCpuOf: task] = 0 }
      var (bytes, last) = (UInt64(0), UInt32(0))
      for index in 0..<8 { bytes |= UInt64(name[index]) << UInt64(index * 8) }
      for index in 0..<4 { last |= UInt32(name[index + 8]) << UInt32(index * 8) }
      let event = TraceEvent(
        .name, task: task, value: last, count: bytes)
      withRing(recorder.state.processor()) { $0.write(event) }
    }

    private static func note(_ kind: TraceEvent.Kind, task: TaskNumber?, value: UInt32) {
      guard isOn, let recorder = unsafe installed else { return }
      let event = TraceEvent(
        kind, task: task ?? TaskNumber(rawValue: 0), value: value,
        count: recorder.state.clock())
      withRing(recorder.state.processor()) { $0.write(event) }
    }
  }
#endif
