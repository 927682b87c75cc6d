// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import VmRegion

  /// Why a task with a kernel stack could not be created.
  enum KernelTaskError: Error {
    /// No record is free in the scheduler's table.
    case tableFull
    /// No frames are free for the stack.
    case outOfMemory
  }

  /// Creates and reclaims tasks with a kernel stack of 12 KiB and an unmapped guard page below it.
  /// The task's number selects the stack's slot.
  enum KernelTask {
    /// Creates a blocked task. `prepare` gets the top of the stack, lays it out and returns the
    /// initial stack pointer. The code that runs there must call `Scheduler.didStart` first and
    /// never return.
    static func create(
      priority: Priority, affinity: CpuMask = .all, prepare: (_ top: UInt32) -> UInt32
    ) throws(KernelTaskError) -> TaskNumber {
      guard let pages = takePages() else { throw .outOfMemory }
      do {
        return try Machine.shared.scheduler.create(priority: priority, affinity: affinity) {
          number in
          TaskClocks.reset(number.rawValue)
          let top = KernelMap.mapStack(number.rawValue, pages: pages)
          // SAFETY: the pages were mapped just now, for this task only.
          unsafe StackWatermark.mark(stack(of: number.rawValue), byteCount: stackSize)
          return prepare(top)
        }
      } catch {
        release(pages, count: 3)
        throw .tableFull
      }
    }

    /// The size of a stack in bytes: its slot without the guard page.
    static var stackSize: Int { Int(KernelMap.stackSlot) - 0x1000 }

    /// The lowest address of a task's stack, just above its guard page.
    static func stack(of task: UInt32) -> UnsafeMutableRawPointer {
      let base = KernelMap.stackBase + task * KernelMap.stackSlot + 0x1000
      // SAFETY: the pointer is only formed here; its address is never 0.
      return unsafe UnsafeMutableRawPointer(bitPattern: UInt(base)).unsafelyUnwrapped
    }

    @inline(never)
    private static func takePages() -> InlineArray<3, UInt32>? {
      var pages = InlineArray<3, UInt32>(repeating: 0)
      var count = 0
      while count < 3 {
        do {
          pages[count] = try Machine.shared.frames.allocateRarely(zeroed: false).address
        } catch {
          release(pages, count: count)
          return nil
        }
        count += 1
      }
      return pages
    }

    @inline(never)
    private static func release(_ pages: InlineArray<3, UInt32>, count: Int) {
      for index in 0..<count {
        Machine.shared.frames.release(PhysicalFrame(containing: pages[index]))
      }
    }

    /// Frees a task that has never run.
    static func discard(_ task: TaskNumber) {
      releaseStack(task)
      Machine.shared.scheduler.discard(task)
    }

    /// Frees the stacks and numbers of all tasks that have ended.
    @inline(never)
    static func sweep() {
      while Machine.shared.scheduler.takeDead(release: releaseStack) {}
    }

    private static func releaseStack(_ task: TaskNumber) {
      release(KernelMap.unmapStack(task.rawValue), count: 3)
    }
  }
#endif
