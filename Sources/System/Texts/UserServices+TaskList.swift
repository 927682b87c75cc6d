// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace

/// /proc/tasks: the columns of LiteOS's shell command `task`, and the load of each CPU.
extension UserServices {
  /// Writes /proc/tasks, a line for each task.
  public static func describeTasks(to sink: inout some TextSink) {
    TaskLoad<A>.sample()
    sink.text(
      " id name            state      waits      cpu cpus     prio policy stack  used   switches     msec  cpu%\n"
    )
    for number in 0..<A.Space.stackCount {
      let task = TaskNumber(rawValue: number)
      do throws(TaskError) {
        let info = try A.system.scheduler.info(of: task)
        describe(task, info, to: &sink)
      } catch {}  // No such task.
    }
    for number in 0..<A.Space.stackCount {
      let task = TaskNumber(rawValue: number)
      do throws(TaskError) {
        let info = try A.system.scheduler.info(of: task)
        if info.isIdle { describeProcessor(info.cpu, idle: task, to: &sink) }
      } catch {}  // No such task.
    }
    writeHookRows(of: .objects, to: &sink)
  }

  @inline(never)
  private static func describe(
    _ task: TaskNumber, _ info: TaskInfo, to sink: inout some TextSink
  ) {
    sink.column(UInt64(task.rawValue), width: 2)
    sink.text(" ")
    let length = name(of: task, info, to: &sink)
    sink.blanks(16 - length)
    sink.column(state(info), width: 10)
    sink.column(info.waitName ?? "-", width: 10)
    sink.column(UInt64(info.cpu), width: 2)
    sink.text(" ")
    sink.hexadecimal(info.affinity.rawValue)
    sink.column(UInt64(info.priority.rawValue), width: 4)
    sink.text(" ")
    sink.column(policy(info.policy), width: 5)
    stack(task, info, to: &sink)
    sink.column(UInt64(info.switches), width: 10)
    sink.column(TaskLoad<A>.nanoseconds(of: task) / 1_000_000, width: 8)
    percent(TaskLoad<A>.permille(of: task), to: &sink)
  }

  /// Writes the part of the time in which a CPU did not run its idle task.
  @inline(never)
  private static func describeProcessor(
    _ cpu: UInt32, idle: TaskNumber, to sink: inout some TextSink
  ) {
    let idlePart = min(TaskLoad<A>.permille(of: idle), 1000)
    sink.text("cpu")
    sink.decimal(UInt64(cpu))
    sink.text(": busy")
    percent(1000 - idlePart, to: &sink)
  }

  private static func percent(_ permille: UInt64, to sink: inout some TextSink) {
    sink.column(permille / 10, width: 3)
    sink.text(".")
    sink.decimal(permille % 10)
    sink.text("\n")
  }

  /// Writes a task's name: `idle`, `kernel`, or the name that a user thread or C code set. Bytes
  /// outside of printable ASCII become `?`, so that a name cannot forge a list's format.
  ///
  /// - Returns: the length of the name, 15 at most.
  @inline(never)
  static func name(of task: TaskNumber, _ info: TaskInfo, to sink: inout some TextSink) -> Int {
    guard info.owner != 0 else {
      let length = info.isIdle ? 0 : writeHookRow(task.rawValue, of: .taskNames, to: &sink)
      guard length <= 0 else { return length }
      let word: StaticString = info.isIdle ? "idle" : "kernel"
      sink.text(word)
      return word.utf8CodeUnitCount
    }
    // SAFETY: a thread's record never moves; its name is plain bytes.
    let name = processes.thread(of: task).pointee.name
    var count = 0
    while count < 15, name[count] != 0 {
      let isPlain = name[count] > 0x20 && name[count] < 0x7f
      sink.put(isPlain ? name[count] : UInt8(ascii: "?"))
      count += 1
    }
    guard count == 0 else { return count }
    sink.text("?")
    return 1
  }

  /// Writes a stack's size and peak use in bytes; the peak is `-` while the stack is being made
  /// or freed.
  private static func stack(_ task: TaskNumber, _ info: TaskInfo, to sink: inout some TextSink) {
    var peak: Int?
    var size = A.Space.stackSize
    if info.isIdle, info.cpu == 0 {
      // The boot stack, which is never freed, was cleared before its first use.
      // SAFETY: the boot stack is never unmapped.
      let stack = unsafe A.Space.bootStack
      size = stack.count
      peak = unsafe StackWatermark.peak(
        stack.baseAddress.unsafelyUnwrapped, byteCount: size, pattern: StackWatermark.cleared)
    } else {
      A.system.scheduler.withStack(of: task) {
        // SAFETY: `withStack` keeps the stack until the closure returns.
        peak = unsafe StackWatermark.peak(
          A.Space.stack(of: task.rawValue), byteCount: size,
          interval: StackWatermark.markInterval)
      }
    }
    sink.column(UInt64(size), width: 5)
    sink.column(peak.map { UInt64($0) }, width: 5)
  }

  private static func policy(_ policy: Policy) -> StaticString {
    switch policy {
    case .fifo: "fifo"
    case .roundRobin: "rr"
    case .deadline: "edf"
    }
  }

  private static func state(_ info: TaskInfo) -> StaticString {
    switch info.state {
    case .free: "free"
    case .ready: "ready"
    case .running: "running"
    case .blocked: info.isSuspended ? "suspended+" : "waiting"
    case .suspended: "suspended"
    case .exited: "exited"
    }
  }
}
