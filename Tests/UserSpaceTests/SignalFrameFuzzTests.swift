// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// Random and nearly valid signal frames for sigreturn and rt_sigreturn. The result of each is
/// compared with the words of the frame (asm/ucontext.h; ARM DDI 0406C, B1.3.3).
///
/// APUS_FUZZ=n makes n frames if that is more than the 1,000 of a normal run,
/// APUS_FUZZ_SEED=n selects others.
final class SignalFrameFuzzTests: XCTestCase {
  private typealias UserThread = UserSpace.Thread<Services>

  // Words of the ucontext and of its block of VFP registers.
  private let (stack, registers, state, mask, floats) = (2, 8, 24, 26, 58)
  private let unblockable: UInt64 = 1 << 8 | 1 << 18
  private let size = 190

  private var machine: Machine!
  /// Two pages to write, one to read, and one that is not mapped.
  private var pages: UInt32 = 0
  private var dice = Dice(seed: 0)

  override func tearDown() { XCTAssertEqual(machine.release(), 0) }

  /// A process with a handler for SIGSEGV, which replaces the previous process.
  private func restart() throws {
    if machine != nil { XCTAssertEqual(machine.release(), 0, "frames are missing") }
    machine = try Machine(initrd: ElfBuilder().bytes)
    _ = try machine.start()
    pages = machine.memory(0x4000)
    machine.put(words: [0x1_0200, 4, 0, 0, 0], at: pages)
    XCTAssertEqual(machine.call(.rtSigaction, 11, pages, 0, 8), 0)
    machine.put([UInt8](repeating: 0x5a, count: 0x3000), at: pages)
    XCTAssertEqual(machine.call(.mprotect, pages + 0x2000, 0x1000, 1), 0)
    XCTAssertEqual(machine.call(.munmap, pages + 0x3000, 0x1000), 0)
  }

  private func roll(_ count: Int) -> Int { Int(dice.next() % UInt64(count)) }
  private func word() -> UInt32 { UInt32(truncatingIfNeeded: dice.next()) }

  /// A CPSR: of user mode with any other bits, of another mode, or anything.
  private func anyState() -> UInt32 {
    switch roll(8) {
    case 0: word()
    case 1: word() & ~0x1f | UInt32(roll(32))
    case 2: 0x10 | 1 << UInt32(roll(32))
    case 3: word() & ~0x0100_00ff | 0x10 | (roll(2) == 0 ? 0x20 : 0) | (roll(2) == 0 ? 0x40 : 0)
    default: word() & 0xfe0f_fe20 | 0x10
    }
  }

  /// The words of a frame from its ucontext on: a valid one, of which up to three words are
  /// changed.
  private func anyFrame() -> [UInt32] {
    var words = (0..<size).map { _ in word() }
    words[state] = anyState()
    if roll(2) == 0 { words[mask] |= 0x0004_0100 }
    words[floats] = 0x5646_5001
    words[floats + 1] = 288
    for _ in 0..<roll(4) {
      switch roll(6) {
      case 0: words[floats] = [0, 0x5646_5000, 0x5646_5002, word()][roll(4)]
      case 1: words[floats + 1] = [0, 280, 287, 296, 512, word()][roll(6)]
      case 2: words[registers + 13] = anyAddress()
      case 3: words[registers + 15] = anyAddress()
      case 4: for index in 0..<3 { words[stack + index] = roll(2) == 0 ? UInt32(roll(4)) : word() }
      default: words[roll(size)] = word()
      }
    }
    return words
  }

  private func anyAddress() -> UInt32 {
    let near = UInt32(roll(64)) &- 32
    switch roll(6) {
    case 0: return word()
    case 1: return near
    case 2: return 0x8000_0000 &+ near
    case 3: return 0xffff_ff00 &+ near
    default: return pages + UInt32(roll(0x4000))
    }
  }

  /// The words at an address, if the program may read all of them.
  private func read(_ address: UInt32, _ count: Int) -> [UInt32]? {
    var bytes = [UInt8](repeating: 0, count: count * 4)
    guard let range = UserRange(base: UserAddress(address), byteCount: bytes.count),
      TestUser<MockArchitecture>.copyIn(&bytes, from: range)
    else { return nil }
    return (0..<count).map { index in
      (0..<4).reduce(0) { $0 | UInt32(bytes[index * 4 + $1]) << UInt32(8 * $1) }
    }
  }

  /// The registers that a frame at `base` gives; nil if it is to be refused.
  private func expected(_ base: UInt32, hasInfo: Bool) -> (ARMRegisters, UInt64, [UInt32])? {
    let place = base &+ (hasInfo ? 128 : 0)
    guard base % 8 == 0, let words = read(place, 28), let block = read(place &+ 232, 67)
    else { return nil }
    let old = words[state]
    // User mode, interrupts on (I), and no Jazelle.
    guard old & 0x1f == 0x10, old & 0x80 == 0, old & 0x0100_0000 == 0 else { return nil }
    guard block[0] == 0x5646_5001, block[1] == 288 else { return nil }
    var frame = ARMRegisters()
    let r = Array(words[registers..<registers + 16])
    (frame.r0, frame.r1, frame.r2, frame.r3) = (r[0], r[1], r[2], r[3])
    (frame.r4, frame.r5, frame.r6, frame.r7) = (r[4], r[5], r[6], r[7])
    (frame.r8, frame.r9, frame.r10, frame.r11) = (r[8], r[9], r[10], r[11])
    (frame.r12, frame.sp, frame.lr) = (r[12], r[13], r[14])
    let isThumb = old & 0x20 != 0
    frame.pc = r[15] / (isThumb ? 2 : 4) * (isThumb ? 2 : 4)
    // N, Z, C, V, Q, GE and E; in Thumb state also T and the IT bits.
    frame.cpsr = old & 0xf80f_0200 | 0x10 | (isThumb ? old & 0x0600_fc20 : 0)
    let blocked = UInt64(words[mask + 1]) << 32 | UInt64(words[mask])
    return (frame, blocked & ~unblockable, Array(block[2...66]))
  }

  /// The state of a thread that a program sees besides registers.
  private func thread() -> [UInt64] {
    let signals = Services.thread.pointee.signals
    return [
      signals.mask, signals.waitedFor, UInt64(signals.stack.base.word), UInt64(signals.stack.size),
      UInt64(signals.stack.flags), signals.savedMask ?? 0,
    ]
  }

  func testRandomFramesAreRestoredOrASegmentationFault() throws {
    dice = Dice(fuzzing: 70)
    try restart()
    var (accepted, refused) = (0, 0)
    for round in 0..<Dice.rounds(1000) {
      let hasInfo = roll(2) == 0
      // Mostly in the writable pages; at times it reaches into the pages after them.
      let base = pages + UInt32(roll(0x2000 - size * 4 - 128)) & ~7
      machine.put(words: anyFrame(), at: base + (hasInfo ? 128 : 0))
      var frame = ARMRegisters()
      frame.r0 = word()
      frame.r7 = (hasInfo ? ARMCallNumber.rtSigreturn : .sigreturn).register
      frame.sp = roll(4) == 0 ? anyAddress() : base
      (frame.pc, frame.lr, frame.cpsr, frame.kernelLink) = (0x1_0100, word(), 0x6000_0010, word())
      let isBlocked = roll(64) == 0
      Services.thread.pointee.signals.mask = isBlocked ? 1 << 10 : 1 << UInt64(roll(8))
      TestRegisters.floats = (0..<65).map { _ in word() }
      let (before, oldThread, oldFloats) = (frame, thread(), TestRegisters.floats)
      let free = machine.pool.freeCount
      let wanted = expected(frame.sp, hasInfo: hasInfo)
      let message = "round \(round): \(frame)"

      SystemCalls<Services>.dispatch(&frame, Services.process)

      XCTAssertEqual(frame.kernelLink, before.kernelLink, message)
      XCTAssertEqual(frame.cpsr & 0x0100_01df, 0x10, message)
      XCTAssertEqual(thread()[0] & unblockable, 0, message)
      XCTAssertEqual(machine.pool.freeCount, free, message)
      let pending = Services.process.pointee.signals.queue.pending
      let own = Services.thread.pointee.signals.queue.pending
      if let (wantedFrame, blocked, block) = wanted {
        accepted += 1
        var registers = wantedFrame
        registers.kernelLink = before.kernelLink
        XCTAssertEqual(frame, registers, message)
        XCTAssertEqual(thread()[0], blocked, message)
        XCTAssertEqual(TestRegisters.floats, block, message)
        XCTAssertEqual(pending | own, 0, message)
        XCTAssertEqual(machine.ends, [], message)
        if !hasInfo { XCTAssertEqual(Array(thread()[1...]), Array(oldThread[1...]), message) }
        continue
      }
      refused += 1
      XCTAssertEqual(frame, before, message)
      XCTAssertEqual(thread(), oldThread, message)
      XCTAssertEqual(TestRegisters.floats, oldFloats, message)
      XCTAssertEqual(pending, 0, message)
      XCTAssertEqual(own, isBlocked ? 0 : 1 << 10, message)
      XCTAssertEqual(
        machine.ends, isBlocked ? [139] : [], message)
      // The handler, or the end where its own frame finds no stack.
      if !isBlocked {
        UserThread.doUserReturnWork(&frame)
        let hasEntered = frame.pc == 0x1_0200
        XCTAssertEqual(machine.ends.isEmpty, hasEntered, message)
        if !hasEntered { XCTAssertEqual(frame, before, message) }
        if hasEntered { XCTAssertEqual(frame.cpsr, 0x10, message) }
      }
      if !machine.ends.isEmpty { try restart() }
    }
    XCTAssertGreaterThan(min(accepted, refused), 125)
  }
}
