// SPDX-License-Identifier: Apache-2.0
import Kernel
import LiteOSTypes
import RTOSCore
import System

// SAFETY: the C caller vouches for its pointers; a `LosWork` is at least the size of a `Work`,
// which `start` checks. The queue is made once, at module init.
/// The one work queue of the C interface, and the task that runs its items (liteos.h).
enum KernelWork {
  // SAFETY: written once, at module init, before C code runs.
  nonisolated(unsafe) private static var installed: ObjectHandle<WorkQueue>?

  /// The work queue. Must not be used before `start`.
  static var queue: ObjectHandle<WorkQueue> { unsafe installed.unsafelyUnwrapped }

  /// Makes the queue and its worker task. Called at module init.
  static func start(_ memory: KernelMemory) {
    precondition(MemoryLayout<Work>.size <= MemoryLayout<LosWork>.size)
    unsafe installed = ObjectHandle(at: memory.one(WorkQueue()))
    let task = KernelLiteOS.makeServer(priority: UInt8(LOS_WORK_PRIORITY)) { _ in
      KernelArchitecture.system.scheduler.didStart()
      KernelInterrupts.enableInterrupts()
      KernelArchitecture.system.scheduler.runWorker(of: KernelWork.queue)
      preconditionFailure("the C work queue was closed")
    }
    KernelArchitecture.system.scheduler.wake(task)
  }

  /// The work item in a C structure.
  fileprivate static func item(_ work: UnsafeMutablePointer<LosWork>) -> ObjectHandle<Work> {
    unsafe ObjectHandle(at: UnsafeMutableRawPointer(work).assumingMemoryBound(to: Work.self))
  }

  /// Converts the outcome of a wait to a LiteOS code.
  fileprivate static func code(_ body: () throws(WaitError) -> Void) -> UInt32 {
    do throws(WaitError) {
      try body()
      return LOS_OK
    } catch {
      return LOS_NOK
    }
  }
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_WorkInit)
func losWorkInit(
  _ work: UnsafeMutablePointer<LosWork>?, _ function: LOS_WORK_FUNC?, _ argument: UInt
) -> UInt32 {
  guard let work = unsafe work, let function else { return LOS_NOK }
  unsafe UnsafeMutableRawPointer(work).initializeMemory(
    as: Work.self, to: Work(in: KernelWork.queue, argument: argument, function))
  return LOS_OK
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_WorkQueue)
func losWorkQueue(_ work: UnsafeMutablePointer<LosWork>?, _ delay: UInt32) -> Bool {
  guard let work = unsafe work else { return false }
  return unsafe KernelArchitecture.system.scheduler.enqueue(KernelWork.item(work), after: delay)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_WorkCancel)
func losWorkCancel(_ work: UnsafeMutablePointer<LosWork>?) -> Bool {
  guard let work = unsafe work else { return false }
  return unsafe KernelArchitecture.system.scheduler.cancel(KernelWork.item(work))
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_WorkCancelSync)
func losWorkCancelSync(_ work: UnsafeMutablePointer<LosWork>?, _ timeout: UInt32) -> UInt32 {
  guard let work = unsafe work else { return LOS_NOK }
  return KernelWork.code { () throws(WaitError) in
    try unsafe KernelArchitecture.system.scheduler.cancelAndWait(
      KernelWork.item(work), Timeout(rawValue: timeout))
  }
}

@c(LOS_WorkFlush)
func losWorkFlush(_ timeout: UInt32) -> UInt32 {
  KernelWork.code { () throws(WaitError) in
    try KernelArchitecture.system.scheduler.flush(KernelWork.queue, Timeout(rawValue: timeout))
  }
}
