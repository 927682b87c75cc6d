// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VmRegion

/// The CPUs and their load.
extension UserServices {
  /// The CPUs that run.
  public static var processors: CpuMask { A.system.scheduler.processors }

  /// What a CPU that runs has done.
  public static func times(of cpu: UInt32) -> ProcessorTimes {
    let (counts, idle) = A.system.scheduler.ticks(of: cpu)
    let tick = resolution(.monotonicCoarse).totalNanoseconds ?? 0
    return ProcessorTimes(
      user: UInt64(counts.user) * tick, nice: UInt64(counts.nice) * tick,
      system: UInt64(counts.system) * tick, idle: TaskLoad<A>.nanoseconds(of: idle))
  }

  /// The load over 1, 5 and 15 minutes.
  public static var loadAverages: InlineArray<3, UInt32> { A.system.scheduler.loadAverages }

  /// The number of tasks that run or are ready.
  public static var activeTaskCount: UInt32 { A.system.scheduler.activeCount }

  /// Has the scheduler tell programs what it knows in a page, or in none.
  public static func publishSchedule(in frame: PhysicalFrame?) {
    // SAFETY: the kit's inode keeps the frame.
    let page = frame.map { unsafe SchedulePage(at: A.Memory.pointer(to: $0)) }
    A.system.scheduler.publish(in: page)
  }

  /// Makes other CPUs execute a memory barrier.
  public static func executeBarriers(onAll: Bool) {
    A.CPU.memoryBarrier()
    let others = A.system.scheduler.otherProcessors(ofOwnSpace: !onAll)
    guard !others.isEmpty else { return }
    A.system.barriers.request(of: others) { A.Interrupts.sendIPI(.reschedule, to: $0) }
  }

  /// The number of interrupts that all CPUs have served.
  public static var interruptCount: UInt64 {
    var sum: UInt64 = 0
    for line in 0..<A.system.interrupts.lineCount where A.system.interrupts.isRegistered(line) {
      var rest = processors
      while let cpu = rest.removeFirst() {
        sum &+= UInt64(A.system.interrupts.count(of: line, on: Int(cpu)))  // Wrapping: a statistic.
      }
    }
    return sum
  }
}
