// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded) && LITEOS
  import LiteOSTypes
  import PortARMv7A
  import RTOSCore

  // SAFETY: C code of the kernel answers for its pointers; an item is the size of `Work`, which is looked
  // at before the first. The queue is made once, at module init.
  /// The one queue that C code has, and the task that does its work: see liteos.h.
  enum KernelWork {
    // SAFETY: see above.
    nonisolated(unsafe) private static var installed: Fixed<WorkQueue>?

    /// The queue. Not before `start`.
    static var queue: Fixed<WorkQueue> { unsafe installed.unsafelyUnwrapped }

    /// Makes queue and worker. Module init.
    static func start(_ memory: KernelMemory) {
      precondition(MemoryLayout<Work>.size <= MemoryLayout<LosWork>.size)
      unsafe installed = unsafe Fixed(at: memory.one(WorkQueue()))
      let task = KernelLiteOS.makeServer(priority: UInt8(LOS_WORK_PRIORITY)) { _ in
        Machine.shared.scheduler.didStart()
        ARMv7A.enableInterrupts()
        Machine.shared.scheduler.work(through: KernelWork.queue)
        preconditionFailure("somebody has closed the queue of C code")
      }
      Machine.shared.scheduler.wake(task)
    }

    /// An item of C code.
    fileprivate static func item(_ work: UnsafeMutablePointer<LosWork>) -> Fixed<Work> {
      unsafe Fixed(at: UnsafeMutableRawPointer(work).assumingMemoryBound(to: Work.self))
    }

    /// LiteOS' code of what came of a wait.
    fileprivate static func code(_ body: () throws(WaitError) -> Void) -> UInt32 {
      do throws(WaitError) {
        try body()
        return LOS_OK
      } catch {
        return LOS_NOK
      }
    }
  }

  // SAFETY: see above.
  @c(LOS_WorkInit)
  func losWorkInit(
    _ work: UnsafeMutablePointer<LosWork>?, _ function: LOS_WORK_FUNC?, _ argument: UInt
  ) -> UInt32 {
    guard let work = unsafe work, let function else { return LOS_NOK }
    unsafe UnsafeMutableRawPointer(work).initializeMemory(
      as: Work.self, to: Work(in: KernelWork.queue, argument: argument, function))
    return LOS_OK
  }

  // SAFETY: see above.
  @c(LOS_WorkQueue)
  func losWorkQueue(_ work: UnsafeMutablePointer<LosWork>?, _ delay: UInt32) -> Bool {
    guard let work = unsafe work else { return false }
    return unsafe Machine.shared.scheduler.enqueue(KernelWork.item(work), after: delay)
  }

  // SAFETY: see above.
  @c(LOS_WorkCancel)
  func losWorkCancel(_ work: UnsafeMutablePointer<LosWork>?) -> Bool {
    guard let work = unsafe work else { return false }
    return unsafe Machine.shared.scheduler.cancel(KernelWork.item(work))
  }

  // SAFETY: see above.
  @c(LOS_WorkCancelSync)
  func losWorkCancelSync(_ work: UnsafeMutablePointer<LosWork>?, _ timeout: UInt32) -> UInt32 {
    guard let work = unsafe work else { return LOS_NOK }
    return KernelWork.code { () throws(WaitError) in
      try unsafe Machine.shared.scheduler.cancelAndWait(
        KernelWork.item(work), Timeout(rawValue: timeout))
    }
  }

  @c(LOS_WorkFlush)
  func losWorkFlush(_ timeout: UInt32) -> UInt32 {
    KernelWork.code { () throws(WaitError) in
      try Machine.shared.scheduler.flush(KernelWork.queue, Timeout(rawValue: timeout))
    }
  }
#endif
