// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// Calls and faults that share the kernel lock with those of other processes, and when they do not.
final class SharedKernelTests: MachineTestCase {
  private typealias Lock = KernelEntry<MockArchitecture>

  override func setUpWithError() throws {
    try super.setUpWithError()
    Lock.begin()
  }

  override func tearDown() {
    XCTAssertFalse(Lock.isHeld)
    super.tearDown()
  }

  /// How often `body` acquires the lock of memory, the kernel lock, and the latter alone.
  private func acquisitions(_ body: () -> Void) -> [UInt32] {
    func counts() -> [UInt32] {
      [LockLevel.memory, .kernel].map { LockAudits.use(of: $0)?.acquisitions ?? 0 }
    }
    let before = counts()
    body()
    return zip(counts(), before).map { $0 &- $1 }
  }

  /// A page of a mapping of /init.
  private func mapping(flags: UInt32 = 2) -> UInt32 {
    let descriptor = machine.call(.open, machine.string("/init", at: buffer), 0, 0)
    let base = machine.call(.mmap2, 0, 0x1000, 3, flags, UInt32(bitPattern: descriptor), 0)
    machine.call(.close, UInt32(bitPattern: descriptor))
    return UInt32(bitPattern: base)
  }

  func testThreadThatIsAloneNeedsNoLockOfItsMemory() {
    XCTAssertEqual(acquisitions { machine.call(.munmap, buffer, 0x1000) }, [0, 1])
    XCTAssertEqual(acquisitions { _ = Services.process.pointee.isAlone }, [0, 0])
  }

  /// The work before the return to user mode goes on after the call, and may end the thread.
  func testRestartedCallLeavesTheLockToItsCaller() {
    var frame = ARMRegisters()
    frame.r7 = ARMCallNumber.getuid.register
    let thread = Services.thread
    thread.pointee.signals.restart.kind = .restartsAlways
    thread.pointee.signals.restart.argument = 0
    Lock.enter()
    UserSpace.Thread<Services>.doUserReturnWork(&frame)
    XCTAssertNil(thread.pointee.signals.restart.kind)
    XCTAssertTrue(Lock.isHeld)
    Lock.leave()
  }

  func testThreadsOfOneProcessLockTheirMemory() {
    let task = machine.makeThread()
    XCTAssertEqual(acquisitions { _ = machine.memory() }, [1, 1])
    machine.run(task) {
      XCTAssertEqual(acquisitions { machine.call(.munmap, buffer, 0x1000) }, [1, 1])
      machine.call(.exit, 0)
    }
    machine.run(Services.task) {}
    XCTAssertEqual(acquisitions { _ = machine.memory() }, [0, 1])
  }

  func testProcessesWithOneMemoryLockIt() {
    var inChild: [UInt32] = []
    machine.turns.script = [
      { [machine] in
        SystemContext<MockArchitecture>.willSwitchOut()
        machine.map { machine in
          machine.run(machine.newestTask) {
            inChild = self.acquisitions { _ = machine.memory() }
            machine.call(.exitGroup, 0)
          }
        }
      }
    ]
    defer { machine.turns.script = [] }
    let child = machine.call(.vfork)
    XCTAssertEqual(inChild, [1, 1])
    XCTAssertEqual(machine.call(.wait4, UInt32(bitPattern: child), 0, 0, 0), child)
    XCTAssertEqual(acquisitions { _ = machine.memory() }, [0, 1])
  }

  func testChangeOfAFilesRegionAcquiresTheKernelLockAlone() {
    let base = mapping()
    let regions = Services.process.pointee.space.regionCount
    // Shared at first, then alone.
    XCTAssertEqual(acquisitions { machine.call(.mprotect, base, 0x1000, 1) }, [0, 2])
    XCTAssertEqual(acquisitions { machine.call(.madvise, base, 0x1000, 4) }, [0, 2])
    XCTAssertEqual(acquisitions { machine.call(.mmap2, base, 4096, 3, 0x32, .max, 0) }, [0, 2])
    XCTAssertEqual(acquisitions { machine.call(.munmap, base, 0x1000) }, [0, 1], "no file's")
    XCTAssertEqual(Services.process.pointee.space.regionCount, regions - 1)
    let last = mapping()
    XCTAssertEqual(acquisitions { machine.call(.munmap, last, 1) }, [0, 2])
  }

  func testRangeOfManyRegionsIsTakenForOneOfFiles() {
    let base = machine.memory(0x20000)
    for page: UInt32 in stride(from: 0, to: 0x20000, by: 0x2000) {
      machine.call(.mprotect, base + page, 0x1000, 1)
    }
    XCTAssertEqual(acquisitions { machine.call(.munmap, base, 0x20000) }, [0, 2])
    XCTAssertFalse(Services.process.pointee.space.mayHaveFiles(UserAddress(base), length: 0x20000))
    XCTAssertTrue(Services.process.pointee.space.mayHaveFiles(UserAddress(base), length: .max))
  }

  func testFaultOfPrivateMemoryIsResolvedWithTheLockShared() {
    let base = machine.memory()
    let faults = Services.process.pointee.space.faultCount
    XCTAssertEqual(
      acquisitions {
        XCTAssertTrue(Lock.enter(for: .memory(address: UserAddress(base), .write)))
      }, [0, 1])
    XCTAssertFalse(Lock.isHeld)
    XCTAssertEqual(Services.process.pointee.space.faultCount, faults + 1)
  }

  func testFaultOfAFileWaitsForTheKernelLockAlone() {
    let base = mapping()
    let faults = Services.process.pointee.space.faultCount
    XCTAssertFalse(Lock.enter(for: .memory(address: UserAddress(base), .read)))
    XCTAssertTrue(Lock.isHeld)
    XCTAssertFalse(Lock.isShared)
    XCTAssertEqual(Services.process.pointee.space.faultCount, faults, "it is not resolved yet")
    XCTAssertEqual(Lock.resolve(UserAddress(base), .read), .resolved)
    XCTAssertFalse(Lock.isShared)
    XCTAssertEqual(Services.process.pointee.space.faultCount, faults + 1)
    Lock.leave()
  }

  func testCopyByACallThatSharesTheLockHasItAloneForAFile() {
    let (base, other) = (mapping(), mapping())
    Lock.enter(alone: false)
    XCTAssertEqual(Lock.resolve(UserAddress(machine.memory()), .read), .resolved)
    Lock.enter(alone: false)
    XCTAssertEqual(Lock.resolve(UserAddress(base), .read), .resolved)
    XCTAssertTrue(Lock.isHeld)
    XCTAssertFalse(Lock.isShared, "what the call found before may have changed")
    Lock.leave()
    XCTAssertEqual(Lock.resolve(UserAddress(other), .read), .resolved)
    XCTAssertFalse(Lock.isHeld, "a call without the lock has none afterwards")
  }

  func testSwitchAndPreemptionPointKeepTheLockShared() {
    Lock.enter(alone: false)
    Lock.around { SystemContext<MockArchitecture>.willSwitchOut() }
    XCTAssertTrue(Lock.isShared)
    Services.preemptionPoint()
    XCTAssertTrue(Lock.isShared)
    Services.enterKernel(alone: true)
    XCTAssertFalse(Lock.isShared)
    Services.enterKernel(alone: false)
    XCTAssertFalse(Lock.isShared, "more than it asks for")
    Services.leaveKernel()
  }

  func testFutexOfPrivateMemorySharesTheLock() {
    XCTAssertEqual(acquisitions { machine.call(.futex, buffer, 129, 1, 0, 0, 0) }, [0, 1])
    XCTAssertEqual(acquisitions { machine.call(.futex, buffer, 1, 1, 0, 0, 0) }, [0, 2])
    XCTAssertEqual(acquisitions { machine.call(.futex, buffer, 131, 1, 1, buffer, 0) }, [0, 2])
  }
}
