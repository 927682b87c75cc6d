// SPDX-License-Identifier: Apache-2.0
import TickHandler
import VmRegion
import SystemMocks
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

final class SystemCallTests: MachineTestCase {
  func testIdentityCallsAreCounted() {
    let before = Services.process.pointee.systemCalls
    XCTAssertEqual(machine.call(.getpid), 1)
    XCTAssertEqual(machine.call(.gettid), 1)
    XCTAssertEqual(machine.call(.getppid), 0)
    for number: ARMCallNumber in [
      .getuid, .getgid, .geteuid, .getegid, .getuid32, .getgid32, .geteuid32, .getegid32,
    ] {
      XCTAssertEqual(machine.call(number), 0)
    }
    XCTAssertEqual(Services.process.pointee.systemCalls, before + 11)
    XCTAssertEqual(machine.call(.setTidAddress, 0), 1)
  }

  func testEveryUnknownCallIsRefusedAndChangesNothing() {
    let regions = Services.process.pointee.space.regionCount
    let free = machine.pool.freeCount
    var unknown = 0
    for number in Array(UInt32(430)...1000) + [149, 398, 0xf0001, 0xffff_ffff] {
      // pidfd_open, clone3, close_range, openat2, pidfd_getfd, faccessat2, epoll_pwait2 and futex_waitv.
      guard ![434, 435, 436, 437, 438, 439, 441, 449].contains(number) else { continue }
      XCTAssertEqual(machine.call(number: number, buffer, buffer, buffer), -38, "\(number)")
      unknown += 1
    }
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(Services.process.pointee.space.regionCount, regions)
    XCTAssertTrue(machine.ends.isEmpty)
  }

  /// All calls with invalid arguments of all kinds: none traps or ends the process, and all memory
  /// is free at the end.
  func testNoArgumentsTrapTheKernel() {
    var random = Dice(seed: 4)
    let numbers: [ARMCallNumber] = [
      .read, .write, .open, .close, .chdir, .lseek, .getpid, .access, .dup, .times, .brk, .ioctl,
      .setpgid, .umask, .dup2, .getppid, .getpgrp, .setsid, .setrlimit, .getrusage, .gettimeofday,
      .settimeofday, .readlink, .munmap, .sysinfo, .uname, .mprotect, .getpgid, .fchdir, .llseek,
      .getdents, .newselect, .readv, .writev, .getsid, .schedYield, .nanosleep, .poll, .prctl,
      .rtSigaction, .rtSigprocmask, .pread64, .getcwd, .sigaltstack, .ugetrlimit, .mmap2, .stat64,
      .lstat64, .fstat64, .getdents64, .madvise, .fcntl64, .schedGetaffinity, .setTidAddress,
      .clockSettime, .clockGettime, .clockGetres, .clockNanosleep, .openat, .fstatat64, .readlinkat,
      .faccessat, .pselect6, .ppoll, .setRobustList, .getcpu, .dup3, .prlimit64, .getrandom, .statx,
      .clockGettime64, .clockSettime64, .clockGetresTime64, .clockNanosleepTime64, .pselect6Time64,
      .ppollTime64, .faccessat2, .armCacheflush, .armSetTls, .socketpair, .send, .sendto, .sendmsg,
      .recv, .recvfrom, .recvmsg, .shutdown, .getsockopt, .setsockopt, .getsockname, .getpeername,
      .socket, .bind, .connect, .listen, .accept, .accept4, .splice, .tee, .vmsplice, .pipe2,
      .inotifyInit, .inotifyInit1, .inotifyAddWatch, .inotifyRmWatch, .mount, .umount2,
      .chroot, .capget, .capset, .membarrier, .mqOpen, .mqUnlink, .mqTimedsend, .mqTimedreceive,
      .mqNotify, .mqGetsetattr, .mqTimedsendTime64, .mqTimedreceiveTime64, .setresuid, .getresuid,
      .setgroups,
    ]
    machine.turns.isImpatient = true
    for _ in 0..<20_000 {
      Services.thread.pointee.signals.isPending = false
      TestConsole.input = [UInt8](repeating: 65, count: 64)
      func argument() -> UInt32 {
        switch Int.random(in: 0...9, using: &random) {
        case 0...2: UInt32.random(in: 0...8, using: &random)
        case 3: buffer
        case 4: buffer + 0xff0 + UInt32.random(in: 0...0x20, using: &random)
        case 5: UInt32.max - UInt32.random(in: 0...0x1010, using: &random)
        case 6: 0x7fff_0000 + UInt32.random(in: 0...0x2_0000, using: &random)
        case 7: UInt32.random(in: 0...0x10_0000, using: &random) << 12
        case 8: UInt32(1) << UInt32.random(in: 0...31, using: &random)
        default: UInt32.random(in: 0...UInt32.max, using: &random)
        }
      }
      let number = numbers.randomElement(using: &random) ?? .getpid
      // The tables of regions would fill up the mock's frames with huge mappings of files.
      _ = machine.call(
        number, argument(), argument(), argument(), argument(), argument(), argument())
      TestConsole.output = []
      if Services.process.pointee.space.region(at: UserAddress(buffer))?.permissions != [
        .read, .write,
      ] {
        _ = machine.call(.mmap2, buffer, 0x1000, 3, 0x32, .max, 0)
      }
    }
    XCTAssertTrue(machine.ends.isEmpty)
  }

  func testClocksInBothWidths() {
    XCTAssertEqual(machine.call(.clockGettime64, 0, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 4), [1_700_000_000, 0, 123_456_789, 0])
    XCTAssertEqual(machine.call(.clockGettime, 1, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [5, 0])
    XCTAssertEqual(machine.call(.clockGettime, 0, buffer + 0xff8), 0)  // 8 bytes, no more
    for clock: UInt32 in [2, 3, 4, 5, 6, 7, 8, 9, 11] {
      XCTAssertEqual(machine.call(.clockGettime64, clock, buffer), 0)
    }
    for clock: UInt32 in [10, 12, 16, .max, 0x8000_0000] {
      XCTAssertEqual(machine.call(.clockGettime64, clock, buffer), -22)
      XCTAssertEqual(machine.call(.clockGettime, clock, 0), -22)
      XCTAssertEqual(machine.call(.clockGetres, clock, buffer), -22)
      XCTAssertEqual(machine.call(.clockNanosleep, clock, 0, buffer, 0), -22)
    }
    for call: ARMCallNumber in [.clockGettime, .clockGettime64] {
      for address: UInt32 in [0, 4, 0x8000_0000, 0xffff_fffc, buffer + 0xffc] {
        XCTAssertEqual(machine.call(call, 0, address), -14, "\(call) \(address)")
      }
    }
    XCTAssertEqual(machine.call(.clockGetres, 5, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [0, 1_000_000])
    XCTAssertEqual(machine.call(.clockGetresTime64, 0, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 4), [0, 0, 1, 0])
    XCTAssertEqual(machine.call(.clockGetresTime64, 0, 0), 0)
  }

  /// The number of a CPU clock: kind 0 to 3, 4 more for a thread's.
  private func cpuClock(_ process: UInt32, _ kind: UInt32) -> UInt32 { ~process << 3 | kind }

  func testCPUClocksOfAProcessByItsNumber() {
    machine.pass(1_500_000_000)
    let me = UInt32(machine.call(.getpid))
    for owner in [0, me] {
      for kind: UInt32 in [0, 1, 2, 4, 5, 6] {
        let clock = cpuClock(owner, kind)
        XCTAssertEqual(machine.call(.clockGettime64, clock, buffer), 0, "\(owner) \(kind)")
        XCTAssertEqual(machine.words(buffer, 4), [1, 0, 500_000_000, 0])
        XCTAssertEqual(machine.call(.clockGettime, clock, 0), -14)
        XCTAssertEqual(machine.call(.clockGetresTime64, clock, buffer), 0)
        XCTAssertEqual(machine.word(buffer + 8), kind & 3 == 2 ? 1 : 1_000_000)
        machine.put(words: [1, 0, 0, 0], at: buffer)
        XCTAssertEqual(machine.call(.clockSettime64, clock, buffer), -1)
        XCTAssertEqual(machine.call(.clockSettime64, clock, 4), -14)
        // A thread cannot sleep on its own clock; the process's is past one second.
        XCTAssertEqual(
          machine.call(.clockNanosleepTime64, clock, 1, buffer, 0), kind & 4 == 0 ? 0 : -22)
        XCTAssertEqual(machine.call(.clockNanosleepTime64, clock, 1, 4, 0), -14)
      }
    }
    XCTAssertEqual(machine.now, 6_500_000_000, "none has slept")
    machine.put(words: [1, 0, 0, 0], at: buffer)
    for clock in [
      cpuClock(me + 1, 2), cpuClock(12_345, 6), cpuClock(0, 3),
      cpuClock(0, 7), 0x8000_0000,
    ] {
      for number: ARMCallNumber in [
        .clockGettime64, .clockGettime, .clockGetresTime64, .clockGetres, .clockSettime64,
      ] {
        XCTAssertEqual(machine.call(number, clock, buffer), -22, "\(number) \(clock)")
      }
      XCTAssertEqual(
        machine.call(.clockNanosleepTime64, clock, 1, buffer, 0), clock & 7 == 3 ? -95 : -22)
    }
  }

  func testSleepOnACPUClockEndsAtOnceOrNever() {
    machine.pass(1_000_000_000)
    machine.put(words: [1, 0, 0, 0], at: buffer)
    XCTAssertEqual(machine.call(.clockNanosleepTime64, 2, 1, buffer, 0), 0)
    XCTAssertEqual(machine.call(.clockNanosleepTime64, 3, 1, buffer, 0), -95)
    XCTAssertEqual(machine.call(.clockNanosleepTime64, 3, 1, 4, 0), -95)
    XCTAssertEqual(machine.now, 6_000_000_000, "none has slept")
    // After a signal the call is restarted, unless a handler runs (ERESTARTNOHAND).
    machine.interruptNextWait()
    XCTAssertEqual(machine.call(.clockNanosleepTime64, 2, 0, buffer, 0), -516)
    XCTAssertEqual(machine.now, 6_000_000_000)
  }

  func testTimeIsStoredAtAnyAddress() {
    for offset: UInt32 in 1...3 {
      XCTAssertEqual(machine.call(.clockGettime64, 0, buffer + offset), 0)
      XCTAssertEqual(machine.words(buffer + offset, 4), [1_700_000_000, 0, 123_456_789, 0])
      XCTAssertEqual(machine.call(.clockGettime, 1, buffer + offset), 0)
      XCTAssertEqual(machine.words(buffer + offset, 2), [5, 0])
      XCTAssertEqual(machine.call(.clockGettime64, 0, buffer + 0xff0 + offset), -14)
    }
  }

  func testOnlyTheWallClockIsSet() {
    machine.put(words: [1000, 0, 0, 0], at: buffer)
    for clock in (1...31) as ClosedRange<UInt32> {
      XCTAssertEqual(machine.call(.clockSettime64, clock, 4), -22, "\(clock)")
      XCTAssertEqual(machine.call(.clockSettime, clock, buffer), -22, "\(clock)")
    }
    XCTAssertEqual(Services.time(.realtime).seconds, 1_700_000_000)
    machine.put(words: [901, 0], at: buffer)
    XCTAssertEqual(machine.call(.settimeofday, 0, buffer), -22)  // A time zone beyond 15 hours.
  }

  func testClockIsAdjustedInBothLayouts() {
    let most = UInt32(10 << 16)
    // ADJ_FREQUENCY, ADJ_MAXERROR, ADJ_ESTERROR and ADJ_STATUS; the offset is not to be set.
    machine.put(words: [0x1e, 1, most, 3, 4, 0] + [UInt32](repeating: 7, count: 26), at: buffer)
    XCTAssertEqual(machine.call(.adjtimex, buffer), 0)
    let old = machine.words(buffer, 32)
    XCTAssertEqual(Array(old[..<6]), [0x1e, 0, most, 3, 4, 0])
    XCTAssertEqual(Array(old[7...11]), [1, 32_768_000, 1_700_000_000, 123_456, 10_000])
    XCTAssertEqual(old[20], 0)
    // Now less than 0, in the wide layout.
    let modes: UInt32 = 0x2
    machine.put(words: [modes, 0, 0, 0, 0 &- most, .max], at: buffer)
    XCTAssertEqual(machine.call(.clockAdjtime64, 0, buffer), 0)
    let wide = machine.words(buffer, 52)
    XCTAssertEqual(Array(wide[2...6]), [0, 0, 0 &- most, .max, 3])
    XCTAssertEqual([wide[8], wide[10], wide[14], wide[16]], [4, 0, 1, 32_768_000])
    XCTAssertEqual(
      [wide[18], wide[20], wide[22], wide[40], wide[41]],
      [1_700_000_000, 123_456, 10_000, 0, 0])
    machine.put(words: [0], at: buffer)
    XCTAssertEqual(machine.call(.adjtimex, buffer), 0)
    XCTAssertEqual(machine.word(buffer + 8), 0 &- most, "a question changes nothing")
  }

  func testOnlyTheWallClockIsAdjusted() {
    for clock: UInt32 in [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, .max, .max - 1, .max - 2, 0x8000_0000] {
      for number: ARMCallNumber in [.clockAdjtime, .clockAdjtime64] {
        XCTAssertEqual(machine.call(number, clock, buffer), -95, "\(clock)")
        XCTAssertEqual(machine.call(number, clock, 4), -14, "\(clock)")
      }
    }
    for clock: UInt32 in [10, 12, 31, 0x7fff_ffff, .max - 4] {
      XCTAssertEqual(machine.call(.clockAdjtime64, clock, buffer), -22, "\(clock)")
    }
    XCTAssertEqual(machine.call(.adjtimex, 4), -14)
    machine.put(words: [0x4000] + [UInt32](repeating: 1, count: 31), at: buffer)
    XCTAssertEqual(machine.call(.adjtimex, buffer), -22, "a tick of a microsecond")
  }

  func testOldCallsOverflowAfter2038AndNewOnesWork() {
    XCTAssertTrue(Services.setRealtime(Timespec(seconds: 0x8000_0000, nanoseconds: 1)))
    machine.put(words: [7, 7], at: buffer)
    XCTAssertEqual(machine.call(.clockGettime, 0, buffer), -75)
    XCTAssertEqual(machine.call(.gettimeofday, buffer, 0), -75)
    XCTAssertEqual(machine.words(buffer, 2), [7, 7])
    XCTAssertEqual(machine.call(.clockGettime64, 0, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 4), [0x8000_0000, 0, 1, 0])
  }

  func testWriteToTheTimePageIsRefused() throws {
    let vdso = UInt32(try XCTUnwrap(Services.process.pointee.vdso).word)
    for address in [vdso - 0x1000, vdso, 0x10_000] {
      XCTAssertEqual(machine.call(.clockGettime64, 0, address), -14)
      XCTAssertEqual(machine.call(.gettimeofday, address, 0), -14)
      XCTAssertEqual(machine.call(.getrandom, address, 16, 0), -14)
      XCTAssertEqual(machine.call(.uname, address), -14)
    }
    XCTAssertEqual(machine.call(.mprotect, vdso - 0x1000, 0x1000, 3), -1)
    XCTAssertEqual(machine.call(.munmap, vdso - 0x1000, 0x1000), -1)
    XCTAssertEqual(machine.call(.mmap2, vdso, 0x1000, 3, 0x32, .max, 0), -1)
    XCTAssertTrue(machine.ends.isEmpty)
  }

  func testTimeCallsFromTheImageCountAsFallbacks() throws {
    let vdso = UInt32(try XCTUnwrap(Services.process.pointee.vdso).word)
    func fallbacks() -> UInt64 { Services.process.pointee.vdsoFallbacks }
    machine.call(.clockGettime64, 0, buffer, pc: 0x10_100)
    machine.call(.clockGettime64, 0, buffer, pc: vdso - 4)
    machine.call(.clockGettime64, 0, buffer, pc: vdso + 0x1000)
    XCTAssertEqual(fallbacks(), 0)
    for number: ARMCallNumber in [
      .clockGettime64, .clockGettime, .clockGetres, .clockGetresTime64, .gettimeofday,
    ] { machine.call(number, 0, 0, pc: vdso + 0x400) }
    machine.call(.getpid, pc: vdso + 0x400)
    XCTAssertEqual(fallbacks(), 5)
  }

  func testTimeOfDayIsReadAndSet() {
    XCTAssertEqual(machine.call(.gettimeofday, buffer, buffer + 8), 0)
    XCTAssertEqual(machine.words(buffer, 4), [1_700_000_000, 123_456, 0, 0])
    XCTAssertEqual(machine.call(.gettimeofday, 0, 0), 0)
    machine.put(words: [1000, 5], at: buffer)
    XCTAssertEqual(machine.call(.settimeofday, buffer, 0), 0)
    XCTAssertEqual(Services.time(.realtime), Timespec(seconds: 1000, nanoseconds: 5000))
    machine.put(words: [1000, 1_000_001], at: buffer)
    XCTAssertEqual(machine.call(.settimeofday, buffer, 0), -22)
    XCTAssertEqual(machine.call(.settimeofday, 4, 0), -14)
    machine.put(words: [0x1_0000, 1, 7, 0xffff_ffff], at: buffer)
    XCTAssertEqual(machine.call(.clockSettime64, 0, buffer), 0)
    XCTAssertEqual(Services.time(.realtime), Timespec(seconds: 0x1_0001_0000, nanoseconds: 7))
    XCTAssertEqual(machine.call(.clockSettime64, 1, buffer), -22)
    XCTAssertEqual(machine.call(.clockSettime64, 0, 4), -14)
    machine.put(words: [1, 1_000_000_000], at: buffer)
    XCTAssertEqual(machine.call(.clockSettime, 0, buffer), -22)
    XCTAssertEqual(Services.time(.realtime).seconds, 0x1_0001_0000)
  }

  func testSleepsEndAtTheRightTime() {
    machine.put(words: [1, 500], at: buffer)
    XCTAssertEqual(machine.call(.nanosleep, buffer, 0), 0)
    XCTAssertEqual(machine.now, 6_000_000_500)
    machine.put(words: [7, 0, 0, 0xdead], at: buffer)
    XCTAssertEqual(machine.call(.clockNanosleepTime64, 1, 1, buffer, 0), 0)
    XCTAssertEqual(machine.now, 7_000_000_000)
    // It has passed: no sleep.
    XCTAssertEqual(machine.call(.clockNanosleepTime64, 1, 1, buffer, 0), 0)
    XCTAssertEqual(machine.now, 7_000_000_000)
    machine.put(words: [1_700_000_003, 123_456_789], at: buffer)
    XCTAssertEqual(machine.call(.clockNanosleep, 0, 1, buffer, 0), 0)
    XCTAssertEqual(machine.now, 8_000_000_000)
    for clock: UInt32 in [4, 5, 6] {
      XCTAssertEqual(machine.call(.clockNanosleep, clock, 0, buffer, 0), -95)
    }
    for bad: [UInt32] in [[1, 1_000_000_000], [UInt32.max, 0], [0, UInt32.max]] {
      machine.put(words: bad, at: buffer)
      XCTAssertEqual(machine.call(.nanosleep, buffer, 0), -22)
      XCTAssertEqual(machine.call(.clockNanosleep, 1, 0, buffer, 0), -22)
    }
    XCTAssertEqual(machine.call(.nanosleep, 8, 0), -14)
    machine.put(words: [.max, 0x7fff_ffff, 0, 0], at: buffer)
    machine.interruptNextWait()
    // ERESTART_RESTARTBLOCK
    XCTAssertEqual(machine.call(.clockNanosleepTime64, 1, 0, buffer, 0), -516)
    XCTAssertEqual(machine.now, 8_000_000_000)
  }

  func testCPUTimeDoesNotIncludeSleep() {
    machine.pass(250_000_000)
    machine.put(words: [3, 0], at: buffer)
    machine.call(.nanosleep, buffer, 0)
    XCTAssertEqual(machine.call(.clockGettime, 2, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [0, 250_000_000])
    XCTAssertEqual(machine.call(.times, buffer), 825)
    XCTAssertEqual(machine.words(buffer, 4), [25, 0, 0, 0])
    XCTAssertEqual(machine.call(.getrusage, 0, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [0, 250_000])
    XCTAssertEqual(machine.call(.getrusage, 5, buffer), -22)
  }

  func testUnameNamesTheMachine() {
    XCTAssertEqual(machine.call(.uname, buffer), 0)
    XCTAssertEqual(machine.text(buffer), "Linux")
    XCTAssertEqual(machine.text(buffer + 4 * 65), "armv7l")
    XCTAssertEqual(machine.text(buffer + 5 * 65), "(none)")
  }

  func testSysinfoCountsMemoryAndProcesses() {
    XCTAssertEqual(machine.call(.sysinfo, buffer), 0)
    XCTAssertEqual(machine.word(buffer + 16), machine.pool.totalCount << 12)
    XCTAssertEqual(machine.word(buffer + 52), 1)
  }

  func testResourceLimitsHaveLinuxDefaults() {
    XCTAssertEqual(machine.call(.prlimit64, 0, 3, 0, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 4), [8 << 20, 0, .max, .max])
    XCTAssertEqual(machine.call(.ugetrlimit, 7, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [1024, 4096])
    XCTAssertEqual(machine.call(.ugetrlimit, 16, buffer), -22)
    XCTAssertEqual(machine.call(.prlimit64, 5, 3, 0, buffer), -3)
  }

  func testThreadNameIsCutAt15Bytes() {
    XCTAssertEqual(
      machine.call(.prctl, 15, machine.string("a long name that is cut", at: buffer)), 0)
    XCTAssertEqual(machine.call(.prctl, 16, buffer + 100), 0)
    XCTAssertEqual(machine.text(buffer + 100), "a long name tha")
  }

  func testAffinityAndCPUOfAThread() {
    XCTAssertEqual(machine.call(.schedGetaffinity, 0, 4, buffer), 4)
    XCTAssertEqual(machine.word(buffer), 1)
    XCTAssertEqual(machine.call(.schedGetaffinity, 0, 3, buffer), -22)
    XCTAssertEqual(machine.call(.getcpu, buffer, 0, 0), 0)
  }

  func testThreadPointerIsSet() {
    XCTAssertEqual(machine.call(.armSetTls, 0x1234), 0)
    XCTAssertEqual(TestRegisters.threadPointer, 0x1234)
  }

  func testSchedYieldYields() {
    let other = machine.makeThread()
    let before = Services.contextSwitches
    XCTAssertEqual(machine.call(.schedYield), 0)
    XCTAssertEqual(Services.contextSwitches, before + 2, "to the other thread and back")
    machine.run(other) { machine.call(.exit, 0) }
  }

  func testRandomBytesOfAnyLength() {
    XCTAssertEqual(machine.call(.getrandom, buffer, 1000, 0), 1000)
    let bytes = machine.bytes(buffer, 1001)
    for start in stride(from: 0, to: 1000, by: 100) {
      XCTAssertGreaterThan(Set(bytes[start..<start + 100]).count, 50, "at \(start)")
    }
    XCTAssertEqual(bytes[1000], 0)
    XCTAssertEqual(machine.call(.getrandom, buffer, 0, 0), 0)
    XCTAssertEqual(machine.call(.getrandom, buffer, 10, 8), -22)
    XCTAssertEqual(machine.call(.getrandom, buffer, 10, 6), -22)
  }

  func testFirstEndOfAProcessIsReported() {
    machine.call(.exitGroup, 0x1ff)
    machine.call(.exit, 7)  // As a thread that has not seen yet that its process ends.
    XCTAssertEqual(machine.ends, [255, 255])
    XCTAssertEqual(ProcessEnd.exited(7).shellStatus, 7)
    XCTAssertEqual(ProcessEnd.signalled(.segmentationFault).shellStatus, 139)
    XCTAssertTrue(Services.process.pointee.hasEnded)
  }

  func testSignalActionsAndMasksAreStored() {
    machine.put(words: [0x1000, 4, 0x2000, 5, 6], at: buffer)
    XCTAssertEqual(machine.call(.rtSigaction, 10, buffer, 0, 8), 0)
    XCTAssertEqual(machine.call(.rtSigaction, 10, 0, buffer + 32, 8), 0)
    XCTAssertEqual(machine.words(buffer + 32, 5), [0x1000, 4, 0x2000, 5, 6])
    for bad: UInt32 in [0, 65, 9, 19] {
      XCTAssertEqual(machine.call(.rtSigaction, bad, buffer, 0, 8), -22)
    }
    XCTAssertEqual(machine.call(.rtSigaction, 10, buffer, 0, 4), -22)
    XCTAssertEqual(machine.call(.rtSigaction, 10, 4, 0, 8), -14)
    machine.put(words: [.max, .max], at: buffer)
    XCTAssertEqual(machine.call(.rtSigprocmask, 2, buffer, buffer + 8, 8), 0)
    XCTAssertEqual(machine.words(buffer + 8, 2), [0, 0])
    XCTAssertEqual(machine.call(.rtSigprocmask, 9, 0, buffer + 8, 8), 0)
    XCTAssertEqual(machine.words(buffer + 8, 2), [.max ^ (1 << 8 | 1 << 18), .max])
    XCTAssertEqual(machine.call(.rtSigprocmask, 3, buffer, 0, 8), -22)
    machine.put(words: [0x5000, 0, 8192], at: buffer)
    XCTAssertEqual(machine.call(.sigaltstack, buffer, buffer + 16), 0)
    XCTAssertEqual(machine.words(buffer + 16, 3), [0, 2, 0])
    XCTAssertEqual(machine.call(.sigaltstack, 0, buffer + 16), 0)
    XCTAssertEqual(machine.words(buffer + 16, 3), [0x5000, 0, 8192])
    machine.put(words: [0x5000, 0, 100], at: buffer)
    XCTAssertEqual(machine.call(.sigaltstack, buffer, 0), -12)
  }

  func testFatalSignalToItselfEndsTheProcess() {
    XCTAssertEqual(machine.call(.kill, 1, 0), 0)
    XCTAssertEqual(machine.call(.kill, 2, 15), -3)
    XCTAssertEqual(machine.call(.kill, 1, 65), -22)
    XCTAssertEqual(machine.call(.kill, 2, 65), -3)
    XCTAssertEqual(machine.call(.kill, 1, 17), 0)  // SIGCHLD is ignored
    XCTAssertTrue(machine.ends.isEmpty)
    machine.call(.tgkill, 1, 1, 6)
    machine.doUserReturnWork()
    XCTAssertEqual(machine.ends, [134])
  }

  func testBlockedSignalEndsTheProcessWhenUnblocked() {
    machine.put(words: [1 << 5, 0], at: buffer)
    machine.call(.rtSigprocmask, 0, buffer, 0, 8)
    XCTAssertEqual(machine.call(.tkill, 1, 6), 0)
    machine.doUserReturnWork()
    XCTAssertTrue(machine.ends.isEmpty)
    machine.call(.rtSigprocmask, 1, buffer, 0, 8)
    machine.doUserReturnWork()
    XCTAssertEqual(machine.ends, [134])
  }

  func testFaultIsResolvedOrEndsTheProgramWithItsReason() {
    var frame = ARMRegisters()
    frame.pc = 0x10_204
    frame.lr = 0x10_300
    func fault(_ fault: UserFault) {
      Services.process.pointee.ending = nil  // Only the first end of a process counts.
      Thread<Services>.handle(fault, status: 0, &frame)
    }
    fault(.memory(address: 0x14_000, .write))
    XCTAssertTrue(machine.ends.isEmpty)
    let lines = CapturedLog.lines {
      fault(.memory(address: 4, .read))
      fault(.memory(address: 0x10_000, .write))
      fault(.alignment(address: 3))
      fault(.undefinedInstruction)
    }
    XCTAssertEqual(
      lines,
      [
        "init: SIGSEGV at 0x00000004 (no mapping), pc 0x00010204, lr 0x00010300",
        "init: SIGSEGV at 0x00010000 (no permission), pc 0x00010204, lr 0x00010300",
        "init: SIGBUS at 0x00000003 (misaligned), pc 0x00010204, lr 0x00010300",
        "init: SIGILL at 0x00010204 (undefined), pc 0x00010204, lr 0x00010300",
      ])
    XCTAssertEqual(machine.ends, [139, 139, 135, 132])
  }
}
