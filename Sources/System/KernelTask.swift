// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Why a task with a kernel stack could not be created.
public enum KernelTaskError: Error {
  /// No record is free in the scheduler's table.
  case tableFull
  /// No frames are free for the stack.
  case outOfMemory
}

/// Creates and reclaims tasks with a kernel stack of 12 KiB and an unmapped guard page below it.
/// The task's number selects the stack's slot.
public enum KernelTask<A: Architecture> {
  /// Creates a blocked task. `prepare` gets the top of the stack and the task's number, lays the
  /// stack out and returns the initial stack pointer. The code that runs there must call
  /// `Scheduler.didStart` first and never return.
  public static func create(
    _ level: Urgency, affinity: CpuMask = .all,
    prepare: (_ top: KernelAddress, _ task: TaskNumber) -> KernelAddress
  ) throws(KernelTaskError) -> TaskNumber {
    guard let pages = takePages() else { throw .outOfMemory }
    do {
      return try A.system.scheduler.create(level, affinity: affinity) {
        number in
        TaskClocks<A>.reset(number)
        let top = A.Space.mapStack(number.rawValue, pages: pages)
        // SAFETY: the pages were mapped just now, for this task only.
        unsafe StackWatermark.mark(
          A.Space.stack(of: number.rawValue), byteCount: A.Space.stackSize)
        return prepare(top, number)
      }
    } catch {
      release(pages, count: 3)
      throw .tableFull
    }
  }

  @inline(never)
  private static func takePages() -> InlineArray<3, PhysicalFrame>? {
    var pages = InlineArray<3, PhysicalFrame>(repeating: PhysicalFrame(number: 0))
    var count = 0
    while count < 3 {
      do {
        pages[count] = try A.system.frames.allocateCold(zeroed: false)
      } catch {
        release(pages, count: count)
        return nil
      }
      count += 1
    }
    return pages
  }

  @inline(never)
  private static func release(_ pages: InlineArray<3, PhysicalFrame>, count: Int) {
    for index in 0..<count {
      A.system.frames.release(pages[index])
    }
  }

  /// Frees a task that has never run.
  public static func free(_ task: TaskNumber) {
    releaseStack(task)
    A.system.scheduler.free(task)
  }

  /// Frees the stacks and numbers of all tasks that have ended.
  @inline(never)
  public static func sweep() {
    while A.system.scheduler.reclaimDead(release: releaseStack) {}
  }

  private static func releaseStack(_ task: TaskNumber) {
    release(A.Space.unmapStack(task.rawValue), count: 3)
  }
}
