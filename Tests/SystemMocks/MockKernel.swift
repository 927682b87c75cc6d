// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion
import VmRegionMocks

@testable import System
@testable import UserSpace

/// A kernel on mock hardware, made anew for each test by the same code as at boot. The test begins
/// as task 0, the idle task. A tick is a millisecond and a count a nanosecond.
package enum MockKernel<A: HostArchitecture> {
  /// Resets the hardware and installs a system with two CPUs, of which the test is the first, and
  /// with `frames` frames of memory, all of them dirty. The tick has started. All memory is that of
  /// the system before.
  package static func install(
    commandLine: String = "", initrd: ImmortalBytes? = nil, frames: UInt32 = 68
  ) {
    reset()
    let rest = TestSpace.rest
    let start = UInt(bitPattern: rest.baseAddress)
    var early = EarlyMemory(from: start, to: start + UInt(rest.count)) {
      fatalError("the mock's memory is too small for the tables")
    }
    let line = copy(Array(commandLine.utf8), to: &early)
    let seed = copy([1, 2, 3], to: &early)
    let page = MockMemory.pointer(to: MockImage.timePage)
    page.initializeMemory(as: UInt8.self, repeating: 0, count: Int(Page.size))
    SystemAssembly<A>.install(
      SystemFacts(
        cpuCount: 2, counterFault: nil, page: page, commandLine: line, seed: (seed, 4),
        initrd: initrd),
      clock: FixedClock(),
      check: System<A>.Check(in: early.allocate(System<A>.Check.State.self)), &early
    ) { early in
      MockMemory.makeDirty(frames: frames)
      let size = System<A>.Frames.metadataSize(frameCount: frames)
      let reserved: [FrameRange] = []
      return System<A>.Frames(
        first: MockMemory.first, count: frames,
        metadata: early.allocate(byteCount: size, alignment: 16), reserved: reserved.span)
    }
    A.system.ticks.start()
  }

  /// Starts the task of the first program as the boot does, 5 s after it; the test runs as this
  /// task from now on.
  package static func startTask() -> Turns<A> {
    TestClock.count = 5_000_000_000
    serveTimer()
    let wall = Timespec(seconds: 1_700_000_000, nanoseconds: 123_456_789)
    guard UserServices<A>.setRealtime(wall),
      let task = try? KernelTask<A>.create(.fair, prepare: { top, _ in top })
    else { fatalError("no first task") }
    UserServices<A>.attachThread(of: task)
    A.system.scheduler.wake(task)
    A.system.scheduler.yield()
    return Turns()
  }

  /// Serves the timer's interrupt.
  package static func serveTimer() {
    let interrupts = TestProcessor.maskInterrupts()
    TestContext.isInInterrupt = true
    System<A>.serveInterrupt(TestInterrupts.timerLine)
    TestContext.isInInterrupt = false
    TestProcessor.restoreInterrupts(interrupts)
  }

  /// Lets time pass while the running task runs its program, or kernel code. The timer's interrupt
  /// comes at the end.
  package static func pass(_ nanoseconds: UInt64, inProgram: Bool) {
    TestClock.count += nanoseconds
    TestControl.hasInterruptedProgram = inProgram
    while let deadline = TestClock.deadline, deadline <= TestClock.count { serveTimer() }
    TestControl.hasInterruptedProgram = false
  }

  private static func copy(_ bytes: [UInt8], to early: inout EarlyMemory) -> ImmortalBytes {
    let memory = early.allocate(byteCount: bytes.count + 1, alignment: 8)
    memory.copyMemory(from: bytes, byteCount: bytes.count)
    return ImmortalBytes(start: memory, count: bytes.count)
  }

  private static func reset() {
    (TestProcessor.number, TestProcessor.isMasked) = (0, false)
    TestContext.reset()
    (TestClock.count, TestClock.deadline) = (0, nil)
    TestSpace.mapped = [:]
    TestTable.failingMap = nil
    TestRegisters.restart()
    TestControl.reset()
    TestController.calls = []
    TestInterrupts.sent = []
    TestConsole.reset()
  }
}
