// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// Frames of handlers, word by word as Linux lays them out; masks; and calls that signals
/// interrupt.
final class SignalTests: MachineTestCase {
  private var top: UInt32 = 0
  private let floats = (0..<65).map { 0xf000_0000 + UInt32($0) }

  // Flags of actions.
  private let takesInfo: UInt32 = 4
  private let hasRestorer: UInt32 = 0x0400_0000
  private let usesStack: UInt32 = 0x0800_0000
  private let restarts: UInt32 = 0x1000_0000
  private let staysUnblocked: UInt32 = 0x4000_0000
  private let unblockable: UInt64 = 1 << 8 | 1 << 18

  override func setUpWithError() throws {
    try super.setUpWithError()
    buffer = machine.memory(0x3000)
    top = buffer + 0x3000
    machine.put([UInt8](repeating: 0x5a, count: 0x1000), at: top - 0x1000)
    TestRegisters.floats = floats
  }

  private var process: ProcessReference<Services> {
    Services.process
  }
  private var blocked: UInt64 {
    get { Services.thread.pointee.signals.mask }
    set {
      machine.put(
        words: [UInt32(truncatingIfNeeded: newValue), UInt32(newValue >> 32)], at: buffer)
      XCTAssertEqual(machine.call(.rtSigprocmask, 2, buffer, 0, 8), 0)
    }
  }

  private func bit(_ number: UInt32) -> UInt64 { 1 << UInt64(number - 1) }

  /// A program's registers, all different.
  private func registers() -> ARMRegisters {
    var frame = ARMRegisters()
    (frame.r0, frame.r1, frame.r2, frame.r3) = (0x100, 0x101, 0x102, 0x103)
    (frame.r4, frame.r5, frame.r6, frame.r7) = (0x104, 0x105, 0x106, 0x107)
    (frame.r8, frame.r9, frame.r10, frame.r11) = (0x108, 0x109, 0x10a, 0x10b)
    (frame.r12, frame.sp, frame.lr) = (0x10c, top, 0x10e)
    (frame.pc, frame.cpsr) = (0x1_0100, 0x6000_0010)
    return frame
  }

  private func act(
    _ number: UInt32, _ handler: UInt32 = 0x1_0200, _ flags: UInt32 = 0, mask: UInt64 = 0
  ) {
    machine.put(
      words: [
        handler, flags, 0x1_0300, UInt32(truncatingIfNeeded: mask),
        UInt32(truncatingIfNeeded: mask >> 32),
      ], at: buffer)
    XCTAssertEqual(machine.call(.rtSigaction, number, buffer, 0, 8), 0)
  }

  /// The change that a signal makes to a program's registers.
  private func deliver(_ number: UInt32, to frame: inout ARMRegisters) {
    XCTAssertEqual(machine.call(.kill, 1, number), 0)
    UserSpace.Thread<Services>.doUserReturnWork(&frame)
  }

  /// A system call with all the registers.
  private func call(_ number: ARMCallNumber, _ frame: inout ARMRegisters) {
    frame.r7 = number.register
    SystemCalls<Services>.dispatch(&frame, process)
  }

  func testFrameOfAHandlerWithSiginfo() {
    blocked = bit(1)
    machine.put(words: [0x7000_0000, 0, 0x2000], at: buffer)
    XCTAssertEqual(machine.call(.sigaltstack, buffer, 0), 0)
    act(10, 0x1_0201, takesInfo | hasRestorer, mask: bit(3))
    let before = registers()
    var frame = before
    deliver(10, to: &frame)
    let base = top - 888
    var expected = before
    (expected.r0, expected.r1, expected.r2) = (10, base, base + 128)
    (expected.sp, expected.lr, expected.pc, expected.cpsr) = (base, 0x1_0300, 0x1_0200, 0x30)
    XCTAssertEqual(frame, expected)
    XCTAssertEqual(blocked, bit(1) | bit(3) | bit(10))
    // siginfo: by kill, from process 1.
    XCTAssertEqual(
      machine.words(base, 32), [10, 0, 0, 1] + [UInt32](repeating: 0, count: 28))
    let context = base + 128
    XCTAssertEqual(machine.words(context, 5), [0, 0, 0x7000_0000, 0, 0x2000])
    // uc_mcontext at 20: r0 at 32, sp at 84, pc at 92, cpsr at 96; uc_sigmask at 104.
    XCTAssertEqual(machine.words(context + 20, 3), [0, 0, 1])
    XCTAssertEqual(machine.words(context + 32, 13), (0x100...0x10c).map { UInt32($0) })
    XCTAssertEqual(
      machine.words(context + 84, 7), [top, 0x10e, 0x1_0100, 0x6000_0010, 0, 1, 0])
    XCTAssertEqual(machine.bytes(context + 92, 4), [0, 1, 1, 0], "little-endian")
    XCTAssertEqual(machine.bytes(context + 112, 120), [UInt8](repeating: 0x5a, count: 120))
    XCTAssertEqual(machine.words(context + 232, 2), [0x5646_5001, 288])
    XCTAssertEqual(machine.words(context + 240, 65), floats)
    XCTAssertEqual(machine.words(context + 500, 6), [0, 0, 0, 0, 0, 0], "and the end")
    XCTAssertEqual(machine.bytes(top - 16, 16), [UInt8](repeating: 0x5a, count: 16))
    // The return address.
    TestRegisters.floats = [UInt32](repeating: 7, count: 65)
    call(.rtSigreturn, &frame)
    XCTAssertEqual(frame, before)
    XCTAssertEqual(TestRegisters.floats, floats)
    XCTAssertEqual(blocked, bit(1))
  }

  func testFrameOfAPlainHandlerAndTheImagesTrampoline() throws {
    act(10)
    let before = registers()
    var frame = before
    frame.sp -= 4
    deliver(10, to: &frame)
    XCTAssertEqual(frame.sp, top - 768, "aligned to 8")
    XCTAssertEqual([frame.r0, frame.r1, frame.r2], [10, 0x101, 0x102])
    let ways = try XCTUnwrap(process.pointee.vdsoMapping?.signalReturns)
    XCTAssertEqual(frame.returnAddress, ways.plain)
    XCTAssertEqual(machine.word(frame.sp), 0x5ac3_c35a)
    XCTAssertEqual(machine.words(frame.sp + 232, 2), [0x5646_5001, 288])
    call(.sigreturn, &frame)
    XCTAssertEqual(frame.sp, top - 4)
    XCTAssertEqual(frame.pc, before.pc)
  }

  /// Registers in a handler; its frame is at the stack pointer.
  private func inHandler() -> ARMRegisters {
    act(10, 0x1_0200, takesInfo)
    act(11)
    var frame = registers()
    deliver(10, to: &frame)
    return frame
  }

  /// Hands a frame back that is refused: SIGSEGV, and nothing has changed.
  private func assertRefused(_ number: ARMCallNumber, at base: UInt32, _ message: String) {
    var frame = registers()
    frame.sp = base
    frame.r7 = number.register
    let (before, mask) = (frame, blocked)
    TestRegisters.floats[3] = 0x33
    call(number, &frame)
    XCTAssertEqual(frame, before, message)
    XCTAssertEqual(blocked, mask, message)
    XCTAssertEqual(TestRegisters.floats[3], 0x33, message)
    XCTAssertEqual(Services.thread.pointee.signals.queue.pending, bit(11), message)
    let owner = process
    Services.processes.withLock { $0.dropSignals(.max, of: owner) }
    Services.thread.pointee.signals.isPending = false
  }

  func testEachBadFrameIsRefused() {
    let base = inHandler().sp
    let good = machine.words(base, 222)
    let (state, block) = (56, 90)
    var changes: [(Int, UInt32)] = [(block, 0x5646_5002), (block, 0), (block + 1, 280)]
    for mode: UInt32 in 0..<32 where mode != 0x10 { changes.append((state, mode)) }
    changes += [(state, 0x90), (state, 0x0100_0010), (state, .max)]
    for (index, value) in changes {
      machine.put(words: [value], at: base + UInt32(index * 4))
      assertRefused(.rtSigreturn, at: base, "word \(index): \(value)")
      assertRefused(.sigreturn, at: base + 128, "word \(index): \(value)")
      machine.put(words: [good[index]], at: base + UInt32(index * 4))
    }
    for place in [base + 4, base + 1, 0, 8, 0x8000_0000, 0xffff_fff8, 0xffff_fc00, top - 504] {
      assertRefused(.rtSigreturn, at: place, String(place, radix: 16))
    }
    // The same frame is a good one.
    var frame = registers()
    frame.sp = base
    call(.rtSigreturn, &frame)
    XCTAssertEqual(frame, registers())
    XCTAssertEqual(blocked, 0)
    XCTAssertTrue(machine.ends.isEmpty)
  }

  func testFrameGrantsNoForbiddenState() {
    let base = inHandler().sp
    let states: [(cpsr: UInt32, pc: UInt32, expected: UInt32, at: UInt32)] = [
      (0xfe0f_ff50 & ~0xe0, 0x1_0103, 0xf80f_0210, 0x1_0100),
      (0x0600_fc30, 0x1_0103, 0x0600_fc30, 0x1_0102),
      (0x150, 0x8000_0000, 0x10, 0x8000_0000),
    ]
    for (cpsr, pc, expected, place) in states {
      machine.put(words: [pc, cpsr], at: base + 128 + 92)
      machine.put(words: [.max, .max], at: base + 128 + 104)
      var frame = registers()
      (frame.sp, frame.kernelLink) = (base, 0xc0de)
      call(.rtSigreturn, &frame)
      XCTAssertEqual(frame.cpsr, expected)
      XCTAssertEqual(frame.pc, place)
      XCTAssertEqual(frame.kernelLink, 0xc0de, "the entry code's own")
      XCTAssertEqual(blocked, ~unblockable)
    }
  }

  func testMasks() {
    for number: UInt32 in [10, 40, 64] {
      for flags in [0, staysUnblocked] {
        for mask in [0, bit(1) | bit(33), UInt64.max] {
          blocked = bit(2)
          act(number, 0x1_0200, flags, mask: mask)
          var frame = registers()
          deliver(number, to: &frame)
          let own = flags == 0 ? bit(number) : 0
          XCTAssertEqual(blocked, (bit(2) | mask | own) & ~unblockable, "\(number) \(flags)")
          call(.sigreturn, &frame)
          XCTAssertEqual(blocked, bit(2))
        }
      }
    }
    blocked = .max
    XCTAssertEqual(blocked, ~unblockable)
    for number: UInt32 in [0, 9, 19, 65, .max] {
      XCTAssertEqual(machine.call(.rtSigaction, number, buffer, 0, 8), -22, "\(number)")
    }
  }

  func testHandlerWithoutAStackIsASegmentationFault() {
    act(10, 0x1_0200, takesInfo | usesStack)
    machine.put(words: [0xffff_f000, 0, 0x2000], at: buffer)
    XCTAssertEqual(machine.call(.sigaltstack, buffer, 0), 0)
    let before = registers()
    var frame = before
    deliver(10, to: &frame)
    XCTAssertEqual(frame, before)
    XCTAssertEqual(machine.ends, [139])
  }

  /// Makes a call during which SIGUSR1 comes from the thread of task `other`, and enters its
  /// handler. Returns the result in the handler's frame, and by how many bytes its pc is before
  /// that of the registers.
  private func interrupt(
    _ number: ARMCallNumber, _ arguments: [UInt32], by other: TaskNumber, flags: UInt32,
    state: UInt32 = 0x10
  ) -> [Int32] {
    act(10, 0x1_0200, flags)
    // Half a second of time, or a word to wait at.
    machine.put(words: [0, 500_000_000], at: buffer)
    var frame = registers()
    (frame.r0, frame.r1, frame.r2, frame.r3) = (
      arguments[0], arguments[1], arguments[2], arguments[3]
    )
    frame.cpsr = state
    let pc = frame.pc
    let arrive = { _ = self.machine.call(.kill, 1, 10) }
    machine.turns.script = [{ self.machine.run(other, arrive) }]
    call(number, &frame)
    UserSpace.Thread<Services>.doUserReturnWork(&frame)
    XCTAssertEqual(frame.pc, 0x1_0200, "in the handler")
    let context = frame.sp
    call(.sigreturn, &frame)
    XCTAssertEqual(frame.pc, machine.word(context + 92))
    return [Int32(bitPattern: frame.r0), Int32(pc) - Int32(frame.pc)]
  }

  func testCallsAreRestartedAfterAHandlerAsOnLinux() throws {
    let other = machine.makeThread()
    let child = try Services.processes.withLock {
      try $0.claim(parent: .first, like: 0, endSignal: 17)
    }
    // nanosleep; futex without and with a timeout; wait4; read of the console.
    let calls: [(name: String, number: ARMCallNumber, arguments: [UInt32], isAsked: Bool)] = [
      ("nanosleep", .nanosleep, [buffer, 0, 0, 0], false),
      ("futex", .futex, [buffer, 0, 0, 0], true),
      ("futex until", .futex, [buffer, 0, 0, buffer], false),
      ("wait4", .wait4, [.max, 0, 0, 0], true),
      ("pause", .pause, [0, 0, 0, 0], false),
      ("read", .read, [0, buffer, 16, 0], true),
    ]
    for (name, number, arguments, isAsked) in calls {
      XCTAssertEqual(interrupt(number, arguments, by: other, flags: 0), [-4, 0], name)
      let again = isAsked ? [Int32(bitPattern: arguments[0]), 4] : [-4, 0]
      XCTAssertEqual(interrupt(number, arguments, by: other, flags: restarts), again, name)
      let inThumb = isAsked ? [Int32(bitPattern: arguments[0]), 2] : [-4, 0]
      XCTAssertEqual(
        interrupt(number, arguments, by: other, flags: restarts, state: 0x30), inThumb, name)
      machine.turns.script = []
    }
    Services.processes.withLock { $0.free(child) }
    machine.run(other) { machine.call(.exit, 0) }
  }

  func testIgnoredSignalKeepsTheEndOfASleep() {
    machine.put(words: [1, 0], at: buffer)
    let start = machine.now
    var frame = registers()
    frame.r0 = buffer
    frame.r1 = 0
    let before = frame
    let task = Services.task
    machine.turns.script = [
      { [machine] in
        TestClock.count += 400_000_000
        machine?.turns.interrupt(task)
      }
    ]
    call(.nanosleep, &frame)
    UserSpace.Thread<Services>.doUserReturnWork(&frame)
    XCTAssertEqual(machine.now, start + 1_000_000_000)
    XCTAssertEqual(frame.r0, 0)
    XCTAssertEqual(frame.pc, before.pc)
  }
}
