#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import TickHandler
  import UserSpace

  /// /proc/tasks: what LiteOS' shell command `task` shows.
  extension KernelPlatform {
    static func describeTasks(to sink: inout some TextSink) {
      sink.text("id priority policy state cpus switches milliseconds stack used owner\n")
      for number in 0..<KernelMap.stackCount {
        do throws(TaskError) {
          let info = try Machine.shared.scheduler.info(of: TaskNumber(rawValue: number))
          describe(number, info, to: &sink)
        } catch {}  // No such task.
      }
    }

    @inline(never)
    private static func describe(
      _ number: UInt32, _ info: TaskInfo, to sink: inout some TextSink
    ) {
      field(UInt64(number), to: &sink)
      field(UInt64(info.priority.rawValue), to: &sink)
      sink.text(policy(info.policy))
      sink.text(state(info))
      sink.hexadecimal(info.affinity.rawValue, width: 1)
      sink.text(" ")
      field(UInt64(info.switches), to: &sink)
      field((TaskClocks.time(of: number).totalNanoseconds ?? 0) / 1_000_000, to: &sink)
      stack(number, info, to: &sink)
      sink.text(info.isIdle ? "idle\n" : info.owner == 0 ? "kernel\n" : "program\n")
    }

    /// Bytes of the stack and the most that were used, where they are counted.
    private static func stack(_ number: UInt32, _ info: TaskInfo, to sink: inout some TextSink) {
      var peak: UInt32?
      do throws(TaskError) {
        peak = try Machine.shared.scheduler.peakStackUse(of: TaskNumber(rawValue: number))
      } catch {}  // It has ended meanwhile.
      guard let peak else { return sink.text("- - ") }
      field(UInt64(info.stackSize), to: &sink)
      field(UInt64(peak), to: &sink)
    }

    private static func field(_ value: UInt64, to sink: inout some TextSink) {
      sink.decimal(value)
      sink.text(" ")
    }

    private static func policy(_ policy: Policy) -> StaticString {
      switch policy {
      case .fifo: "fifo "
      case .roundRobin: "rr "
      case .deadline: "edf "
      }
    }

    private static func state(_ info: TaskInfo) -> StaticString {
      switch info.state {
      case .free: "free "
      case .ready: "ready "
      case .running: "running "
      case .blocked: info.isSuspended ? "waiting,suspended " : "waiting "
      case .suspended: "suspended "
      case .exited: "exited "
      }
    }
  }
#endif
