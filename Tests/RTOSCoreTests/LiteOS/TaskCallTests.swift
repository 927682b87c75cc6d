// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

final class TaskCallTests: LiteOSTestCase {
  func testTaskCreateErrorCodes() {
    var number: UInt32 = 99
    func with(_ change: (inout TSK_INIT_PARAM_S) -> Void) -> TSK_INIT_PARAM_S {
      var wanted = parameters()
      change(&wanted)
      return wanted
    }
    var good = parameters()
    refuses(LOS_ERRNO_TSK_ID_INVALID, "no address for the number") {
      self.los.taskCreateOnly(nil, &good)
    }
    refuses(LOS_ERRNO_TSK_PTR_NULL, "NULL") { self.los.taskCreateOnly(&number, nil) }
    refuses(LOS_ERRNO_TSK_PTR_NULL, "NULL") { self.los.taskCreate(&number, nil) }
    refuses(LOS_ERRNO_TSK_YIELD_IN_INT, "in an interrupt") {
      self.inInterrupt { self.los.taskCreate(&number, &good) }
    }
    let flaws: [(UInt32, (inout TSK_INIT_PARAM_S) -> Void)] = [
      (LOS_ERRNO_TSK_NAME_EMPTY, { $0.pcName = nil }),
      (LOS_ERRNO_TSK_ENTRY_NULL, { $0.pfnTaskEntry = nil }),
      (LOS_ERRNO_TSK_PRIOR_ERROR, { $0.usTaskPrio = 32 }),
      (LOS_ERRNO_TSK_PRIOR_ERROR, { $0.usTaskPrio = 256 }),
      (LOS_ERRNO_TSK_STKSZ_TOO_LARGE, { $0.uwStackSize = 12 * 1024 + 8 }),
      (LOS_ERRNO_TSK_STKSZ_TOO_SMALL, { $0.uwStackSize = 2040 }),
    ]
    for (code, flaw) in flaws {
      var wanted = with(flaw)
      refuses(code) { self.los.taskCreate(&number, &wanted) }
    }
    TestPlatform.hasMemory = false
    refuses(LOS_ERRNO_TSK_NO_MEMORY) { self.los.taskCreate(&number, &good) }
    TestPlatform.hasMemory = true
    for _ in 3..<Self.taskCount { start(25) }
    refuses(LOS_ERRNO_TSK_TCB_UNAVAILABLE) { self.los.taskCreate(&number, &good) }
    XCTAssertEqual(number, 99)
  }

  func testProgramsThreadIsLeftAlone() {
    let thread = start(21)
    bench.scheduler.setOwner(0x1000, of: TaskNumber(rawValue: thread))
    let calls: [(String, (UInt32) -> UInt32)] = [
      ("suspend", { self.los.taskSuspend($0) }), ("delete", { self.los.taskDelete($0) }),
      ("priority", { self.los.taskPriSet($0, 5) }),
      ("affinity", { self.los.taskCpuAffiSet($0, 1) }),
    ]
    for (name, call) in calls {
      refuses(LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK, name) { call(thread) }
    }
    refuses(LOS_EPERM) { self.los.setTaskScheduler(Int32(thread), UInt16(LOS_SCHED_RR), 5) }
    refuses(LOS_EINVAL, "join") { self.los.taskJoin(thread, nil) }
    refuses(LOS_EINVAL, "detach") { self.los.taskDetach(thread) }
    var info = TSK_INFO_S()
    XCTAssertEqual(los.taskInfoGet(thread, &info), LOS_OK)
    XCTAssertEqual(info.acName.0, 0, "the slot's name is an earlier task's")
  }

  func testTaskErrorCodes() {
    let other = start(21)
    var resting: UInt32 = 0
    var wanted = parameters(3)
    XCTAssertEqual(los.taskCreateOnly(&resting, &wanted), LOS_OK)
    XCTAssertEqual(state(resting), .suspended)
    let count = UInt32(Self.taskCount)
    let calls: [(String, (UInt32) -> UInt32, isStop: Bool)] = [
      ("resume", { self.los.taskResume($0) }, false),
      ("suspend", { self.los.taskSuspend($0) }, true),
      ("delete", { self.los.taskDelete($0) }, true),
      ("priority", { self.los.taskPriSet($0, 5) }, true),
      ("affinity", { self.los.taskCpuAffiSet($0, 1) }, true),
    ]
    for (name, call, isStop) in calls {
      refuses(LOS_ERRNO_TSK_ID_INVALID, name) { call(count) }
      refuses(LOS_ERRNO_TSK_ID_INVALID, name) { call(.max) }
      refuses(LOS_ERRNO_TSK_NOT_CREATED, name) { call(6) }
      guard isStop else { continue }
      refuses(LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK, "\(name), the idle task") { call(0) }
      refuses(LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK, "\(name), the timers' task") { call(1) }
    }
    let cases: [(UInt32, String, () -> UInt32)] = [
      (LOS_ERRNO_TSK_NOT_SUSPENDED, "resume", { self.los.taskResume(other) }),
      (LOS_ERRNO_TSK_ALREADY_SUSPENDED, "suspend", { self.los.taskSuspend(resting) }),
      (
        LOS_ERRNO_TSK_SUSPEND_LOCKED, "suspend itself",
        { self.locked { self.los.taskSuspend(self.running) } }
      ),
      (
        LOS_ERRNO_TSK_SUSPEND_LOCKED, "suspend the interrupted task",
        { self.inInterrupt { self.los.taskSuspend(self.running) } }
      ),
      (
        LOS_ERRNO_TSK_DELETE_LOCKED, "delete itself",
        { self.locked { self.los.taskDelete(self.running) } }
      ),
      (LOS_ERRNO_TSK_YIELD_IN_INT, "delete", { self.inInterrupt { self.los.taskDelete(other) } }),
      (LOS_ERRNO_TSK_DELAY_IN_INT, "delay", { self.inInterrupt { self.los.taskDelay(1) } }),
      (LOS_ERRNO_TSK_DELAY_IN_LOCK, "delay", { self.locked { self.los.taskDelay(1) } }),
      (LOS_ERRNO_TSK_DELAY_IN_LOCK, "delay 0", { self.locked { self.los.taskDelay(0) } }),
      (
        LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK, "delay",
        { self.inSystemTask { self.los.taskDelay(1) } }
      ),
      (LOS_ERRNO_TSK_YIELD_IN_INT, "yield", { self.inInterrupt { self.los.taskYield() } }),
      (LOS_ERRNO_TSK_YIELD_IN_LOCK, "yield", { self.locked { self.los.taskYield() } }),
      (LOS_ERRNO_TSK_PRIOR_ERROR, "priority", { self.los.taskPriSet(other, 32) }),
      (LOS_ERRNO_TSK_PRIOR_ERROR, "own priority", { self.los.curTaskPriSet(32) }),
      (LOS_ERRNO_TSK_CPU_AFFINITY_MASK_ERR, "no CPU", { self.los.taskCpuAffiSet(other, 0) }),
      (
        LOS_ERRNO_TSK_CPU_AFFINITY_MASK_ERR, "not there", { self.los.taskCpuAffiSet(other, 0x8000) }
      ),
      (LOS_ERRNO_TSK_PTR_NULL, "info", { self.los.taskInfoGet(other, nil) }),
      (0xffff, "get priority", { UInt32(self.los.taskPriGet(6)) }),
      (0xffff, "get priority", { UInt32(self.los.taskPriGet(count)) }),
      (0, "get affinity", { UInt32(self.los.taskCpuAffiGet(6)) }),
      (LOS_ESRCH, "scheduler", { self.los.setTaskScheduler(-1, 1, 5) }),
      (LOS_ESRCH, "scheduler", { self.los.setTaskScheduler(6, 1, 5) }),
      (LOS_EINVAL, "scheduler", { self.los.setTaskScheduler(Int32(other), 0, 5) }),
      (LOS_EINVAL, "scheduler", { self.los.setTaskScheduler(Int32(other), 1, 32) }),
      (LOS_EPERM, "scheduler", { self.los.setTaskScheduler(0, 1, 5) }),
      (LOS_EINVAL, "get scheduler", { UInt32(-self.los.getTaskScheduler(6)) }),
      (LOS_EINVAL, "get scheduler", { UInt32(-self.los.getTaskScheduler(-4)) }),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
    var info = TSK_INFO_S()
    refuses(LOS_ERRNO_TSK_ID_INVALID, "info") { self.los.taskInfoGet(count, &info) }
    refuses(LOS_ERRNO_TSK_NOT_CREATED, "info") { self.los.taskInfoGet(6, &info) }
  }

  func testTaskJoinErrorCodes() {
    let detached = start(25)
    let joinable = start(25, joinable: true)
    var result: UInt = 7
    let cases: [(UInt32, String, () -> UInt32)] = [
      (LOS_EINVAL, "join, no slot", { self.los.taskJoin(8, &result) }),
      (LOS_EINVAL, "join, no task", { self.los.taskJoin(6, &result) }),
      (LOS_EINVAL, "join, detached", { self.los.taskJoin(detached, &result) }),
      (LOS_EINTR, "join", { self.inInterrupt { self.los.taskJoin(joinable, &result) } }),
      (LOS_EINVAL, "join, locked", { self.locked { self.los.taskJoin(joinable, &result) } }),
      (LOS_EDEADLK, "join itself", { self.los.taskJoin(self.running, &result) }),
      (LOS_EINVAL, "detach, no slot", { self.los.taskDetach(8) }),
      (LOS_EINVAL, "detach, no task", { self.los.taskDetach(6) }),
      (LOS_EINVAL, "detach, detached", { self.los.taskDetach(detached) }),
      (LOS_EINTR, "detach", { self.inInterrupt { self.los.taskDetach(joinable) } }),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
    XCTAssertEqual(result, 7)
    waits { self.los.taskJoin(joinable, nil) }
    refuses(LOS_ESRCH, "detach, joined") { self.los.taskDetach(joinable) }
    refuses(LOS_EINVAL, "join, joined") { self.los.taskJoin(joinable, nil) }
    XCTAssertEqual(los.taskDelete(joinable), LOS_OK)
    XCTAssertEqual(running, 2)
    XCTAssertEqual(state(joinable), .free)
  }

  func testEndedTaskStaysUntilJoinedDetachedOrDeleted() {
    let tasks = (0..<3).map { _ in start(25, joinable: true) }
    for task in tasks {
      bench.scheduler.withState {
        $0.end(TaskNumber(rawValue: task), result: 40 + task, .satisfied)
      }
    }
    XCTAssertEqual(tasks.map { state($0) }, [.exited, .exited, .exited])
    var result: UInt = 0
    XCTAssertEqual(los.taskJoin(tasks[0], &result), LOS_OK)
    XCTAssertEqual(result, UInt(40 + tasks[0]))
    XCTAssertEqual(los.taskDetach(tasks[1]), LOS_OK)
    XCTAssertEqual(los.taskDelete(tasks[2]), LOS_OK)
    XCTAssertEqual(tasks.map { state($0) }, [.free, .free, .free])
    let deleted = start(25, joinable: true)
    XCTAssertEqual(los.taskDelete(deleted), LOS_OK)
    result = 9
    XCTAssertEqual(los.taskJoin(deleted, &result), LOS_OK)
    XCTAssertEqual(result, 0, "a task that was deleted leaves nothing")
  }

  func testTaskHasItsParameters() {
    var wanted = parameters(7)
    wanted.policy = UInt16(LOS_SCHED_FIFO)
    wanted.auwArgs = (1, 2, 3, 4)
    wanted.usCpuAffiMask = 1
    var task: UInt32 = 0
    XCTAssertEqual(los.taskCreateOnly(&task, &wanted), LOS_OK)
    XCTAssertEqual(los.taskPriGet(task), 7)
    XCTAssertEqual(los.getTaskScheduler(Int32(task)), Int32(LOS_SCHED_FIFO))
    XCTAssertEqual(los.taskCpuAffiGet(task), 1)
    XCTAssertEqual(los.state.tasks[TaskNumber(rawValue: task)].arguments.3, 4)
    var info = TSK_INFO_S()
    XCTAssertEqual(los.taskInfoGet(task, &info), LOS_OK)
    XCTAssertEqual(
      withUnsafeBytes(of: &info.acName) { String(decoding: $0.prefix(7), as: UTF8.self) },
      "worker\0")
    XCTAssertEqual(Int(info.usTaskStatus), OS_TASK_STATUS_SUSPENDED)
    XCTAssertEqual(los.taskResume(task), LOS_OK)
    XCTAssertEqual(running, task, "it is more urgent")
    waits { self.los.taskDelay(5) }
    XCTAssertEqual(los.taskInfoGet(task, &info), LOS_OK)
    XCTAssertEqual(Int(info.usTaskStatus), OS_TASK_STATUS_DELAY | OS_TASK_STATUS_PENDTIME)
    XCTAssertEqual(los.setTaskScheduler(Int32(task), UInt16(LOS_SCHED_RR), 9), LOS_OK)
    XCTAssertEqual(los.taskPriGet(task), 9)
    XCTAssertEqual(los.taskSuspend(task), LOS_OK)
    tick(to: 5)
    XCTAssertEqual(state(task), .suspended)
    XCTAssertEqual(los.taskDelete(task), LOS_OK)
    XCTAssertEqual(los.taskPriGet(task), 0xffff)
  }
}
