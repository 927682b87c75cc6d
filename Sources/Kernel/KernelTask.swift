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
  /// mapped.
  enum KernelTask {
    /// A blocked task that will run `entry(argument)`; `entry` calls `Scheduler.didStart` first and
    /// never returns. The stack's place is the task's number, so each task has its own.
    static func create(
      priority: Priority, argument: UInt32, entry: @convention(c) (UInt32) -> Void
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
          let top = KernelMap.mapStack(number.rawValue, pages: pages)
          return ARMv7A.prepareStack(top: top, entry: entry, argument: argument)
        }
      } catch {
        for index in pages.indices { frames.release(PhysicalFrame(containing: pages[index])) }
        throw .tableFull
      }
    }
  }
#endif
