#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import VmRegion

  /// Why a task with a stack could not be made.
  enum KernelTaskError: Error {
    /// No record is free in the scheduler's table.
    case tableFull
    /// No frames are free for the stack.
    case outOfMemory
  }

  /// Makes tasks that have a guarded kernel stack: 12 KiB, with a page below it that is never
  /// mapped. The stack's place is the task's number, so each task has its own.
  enum KernelTask {
    /// A blocked task whose stack `prepare` lays out, given its top; it returns the stack pointer to
    /// switch to. Who runs there calls `Scheduler.didStart` first and never returns.
    static func create(
      priority: Priority, prepare: (_ top: UInt32) -> UInt32
    ) throws(KernelTaskError) -> TaskNumber {
      let frames = Machine.shared.frames
      var pages = InlineArray<3, UInt32>(repeating: 0)
      for index in pages.indices {
        do {
          pages[index] = try frames.allocate(zeroed: false).address
        } catch {
          for used in 0..<index { frames.release(PhysicalFrame(containing: pages[used])) }
          throw .outOfMemory
        }
      }
      do {
        return try Machine.shared.scheduler.create(priority: priority) { number in
          prepare(KernelMap.mapStack(number.rawValue, pages: pages))
        }
      } catch {
        for index in pages.indices { frames.release(PhysicalFrame(containing: pages[index])) }
        throw .tableFull
      }
    }

    /// Gives a task back that has never run.
    static func discard(_ task: TaskNumber) {
      releaseStack(task)
      Machine.shared.scheduler.discard(task)
    }

    /// Gives the stacks and the numbers of the tasks back that have ended.
    static func sweep() {
      while Machine.shared.scheduler.takeDead(release: releaseStack) {}
    }

    private static func releaseStack(_ task: TaskNumber) {
      let pages = KernelMap.unmapStack(task.rawValue)
      for index in pages.indices {
        Machine.shared.frames.release(PhysicalFrame(containing: pages[index]))
      }
    }
  }
#endif
