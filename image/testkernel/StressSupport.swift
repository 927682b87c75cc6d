// SPDX-License-Identifier: Apache-2.0
// The kernel functions of the stress that have no LiteOS names in liteos.h.
import Kernel
import LiteOSTypes
import RTOSCore
import System
import TestCode
import UserSpace

// SAFETY: C code passes objects that do not move, and initialises each one before its use.

/// Word `index` after "--" on the command line as a number; 0 if there is none.
@c(test_argument)
func testArgument(_ index: UInt32) -> UInt32 {
  let line = CommandLine(KernelArchitecture.system.options.commandLine.text)
  var position = CommandLine.Position()
  var left = index
  while let word = line.next(&position) {
    guard position.isAfterSeparator else { continue }
    guard left == 0 else {
      left -= 1
      continue
    }
    var value: UInt32 = 0
    for place in word.range {
      value = value &* 10 &+ UInt32(line.text[place] &- 48)  // Wrapping: only tests give it.
    }
    return value
  }
  return 0
}

/// Ends the machine with a status.
@c(test_end)
func testEnd(_ status: UInt32) { KernelArchitecture.end(status) }

/// The number of the calling CPU.
@c(test_cpu)
func testCPU() -> UInt32 { KernelArchitecture.cpu }

/// The number of running CPUs.
@c(test_cpu_count)
func testCPUCount() -> UInt32 { UInt32(KernelPlatform.processors.rawValue.nonzeroBitCount) }

/// Lets another CPU run, if one host thread emulates all of them.
@c(test_relax)
func testRelax() { KernelArchitecture.relax() }

/// What the C code uses of the port, by its protocols alone.
extension Architecture {
  fileprivate static var cpu: UInt32 { CPU.number }
  fileprivate static func relax() { CPU.relax() }
  fileprivate static func end(_ status: UInt32) { Control.powerOff(status: status) }
}

/// Gives the calling task a deadline; false if it is not admitted.
@c(test_set_budget)
func testSetBudget(_ runtime: UInt32, _ deadline: UInt32, _ period: UInt32) -> Bool {
  guard let budget = DeadlineBudget(runtime: runtime, deadline: deadline, period: period) else {
    return false
  }
  do throws(TaskError) {
    try KernelArchitecture.system.scheduler.setBudget(
      budget, of: KernelArchitecture.system.scheduler.current)
    return true
  } catch {
    return false
  }
}

/// Ends the calling task's current period.
@c(test_end_period)
func testEndPeriod() { KernelArchitecture.system.scheduler.waitForNextPeriod() }

// SAFETY: C code passes memory for the object, which does not move.
@c(test_condition_init)
func testConditionInit(_ place: UnsafeMutablePointer<test_object>) {
  unsafe object(place, ConditionVariable.self).initialize(to: ConditionVariable())
}

// SAFETY: C code passes an initialised condition variable and mutex; the C mutex contains a
// `Mutex` at offset 8.
/// Waits for the condition variable. Returns 0, 1 after a timeout, or 2 for any other error; the
/// mutex is locked again.
@c(test_condition_wait)
func testConditionWait(
  _ place: UnsafeMutablePointer<test_object>, _ mutex: UnsafeMutablePointer<LosMux>,
  _ ticks: UInt32
) -> UInt32 {
  let inner = unsafe (UnsafeMutableRawPointer(mutex) + 8).assumingMemoryBound(to: Mutex.self)
  do throws(WaitError) {
    try unsafe KernelArchitecture.system.scheduler.wait(
      for: ObjectHandle(at: object(place, ConditionVariable.self)), ObjectHandle(at: inner),
      Timeout(rawValue: ticks))
    return 0
  } catch {
    return error == .timedOut ? 1 : 2
  }
}

// SAFETY: C code passes an initialised condition variable.
@c(test_condition_wake)
func testConditionWake(_ place: UnsafeMutablePointer<test_object>, _ all: Bool) {
  let condition = unsafe ObjectHandle(at: object(place, ConditionVariable.self))
  if all {
    KernelArchitecture.system.scheduler.broadcast(condition)
  } else {
    KernelArchitecture.system.scheduler.signal(condition)
  }
}

// SAFETY: C code passes memory for the object, which does not move.
@c(test_completion_init)
func testCompletionInit(_ place: UnsafeMutablePointer<test_object>) {
  unsafe object(place, Completion.self).initialize(to: Completion())
}

// SAFETY: C code passes an initialised completion.
/// Waits for the completion. Returns 0, 1 after a timeout, or 2 for any other error.
@c(test_completion_wait)
func testCompletionWait(_ place: UnsafeMutablePointer<test_object>, _ ticks: UInt32) -> UInt32 {
  do throws(WaitError) {
    try unsafe KernelArchitecture.system.scheduler.wait(
      for: ObjectHandle(at: object(place, Completion.self)), Timeout(rawValue: ticks))
    return 0
  } catch {
    return error == .timedOut ? 1 : 2
  }
}

// SAFETY: C code passes an initialised completion.
@c(test_complete)
func testComplete(_ place: UnsafeMutablePointer<test_object>) {
  unsafe KernelArchitecture.system.scheduler.complete(
    ObjectHandle(at: object(place, Completion.self)))
}

// SAFETY: the words of a `test_object` have room for each of these objects.
private func object<Object>(
  _ place: UnsafeMutablePointer<test_object>, _ kind: Object.Type
) -> UnsafeMutablePointer<Object> {
  precondition(MemoryLayout<Object>.size <= MemoryLayout<test_object>.size, "no room for it")
  return unsafe UnsafeMutableRawPointer(place).assumingMemoryBound(to: kind)
}
