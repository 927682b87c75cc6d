// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// The call table: numbers, look-up and the requirements of rows.
final class CallTableTests: MachineTestCase {
  func testNamesHaveLinuxNumbers() {
    let numbers: [(ARMCallNumber, UInt32)] = [
      (.restartSyscall, 0), (.exit, 1), (.read, 3), (.execve, 11), (.getppid, 64), (.wait4, 114),
      (.llseek, 140), (.mmap2, 192), (.futex, 240), (.clockGettime, 263), (.openat, 322),
      (.getrandom, 384), (.ioPgetevents, 399), (.clockGettime64, 403),
      (.schedRrGetIntervalTime64, 423),
      (.pidfdSendSignal, 424), (.faccessat2, 439), (.mseal, 462), (.armBreakpoint, 0xf0001),
      (.armCacheflush, 0xf0002), (.armSetTls, 0xf0005), (.armGetTls, 0xf0006),
    ]
    for (call, number) in numbers { XCTAssertEqual(call.register, number, "\(call)") }
  }

  func testEveryNumberFindsItsCall() {
    var count: UInt32 = 0
    while let call = ARMCallNumber(rawValue: count) {
      XCTAssertEqual(ARMCallNumber(register: call.register), call)
      count += 1
    }
    XCTAssertEqual(count, 469)
    for number: UInt32 in [463, 468, 469, 0xf0000, 0xf0007, 0x8000_0003, .max] {
      XCTAssertNil(ARMCallNumber(register: number), "\(number)")
    }
  }

  func testOnlyRowsThatNeedTheKernelLockAcquireIt() {
    KernelEntry<MockArchitecture>.begin()
    func entries() -> UInt32 { LockAudits.use(of: .kernel)?.acquisitions ?? 0 }
    let before = entries()
    for call: ARMCallNumber in [
      .getpid, .gettid, .getppid, .schedYield, .clockGettime, .clockGettime64, .setTidAddress,
    ] {
      machine.call(call, 0, buffer)
    }
    XCTAssertEqual(entries(), before)
    for call: ARMCallNumber in [.getuid, .read, .armCacheflush] {
      machine.call(call, 77, 0, 0)
    }
    XCTAssertEqual(entries(), before + 3)
    machine.call(.ptrace)
    machine.call(number: 0xf0000)
    XCTAssertEqual(entries(), before + 3)
    XCTAssertFalse(KernelEntry<MockArchitecture>.isHeld)
  }

  /// A port's entry code may answer these two; the table answers them as well.
  func testTableHasTheCallsThatEntryCodeAnswers() {
    var frame = ARMRegisters()
    frame.r7 = ARMCallNumber.getppid.register
    frame.r0 = 5
    SystemCalls<Services>.dispatch(&frame, Services.process)
    XCTAssertEqual(frame.r0, 0)
    frame.r7 = ARMCallNumber.clockGettime64.register
    frame.r1 = buffer
    SystemCalls<Services>.dispatch(&frame, Services.process)
    XCTAssertEqual(frame.r0, 0)
    XCTAssertEqual(machine.word(buffer), 1_700_000_000)
  }
}
