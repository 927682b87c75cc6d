// SPDX-License-Identifier: Apache-2.0
import KitTypes
import RTOSCore
import SystemMocks
import VdsoModule
import VmRegion
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// Kits with member pages: processes join and leave, and each may write its own pages.
final class KitMemberTests: XCTestCase {
  private var machine: Machine!
  private var held = 0
  private var buffer: UInt32 = 0

  /// Two pages for each of 16 members behind the text, the kernel's page and the own page.
  private static let pages: UInt32 = 3 + 32

  override func setUpWithError() throws {
    var archive = CpioBuilder()
    archive.add("init", ElfBuilder().bytes, mode: 0o100755)
    archive.add("lib", mode: 0o40755)
    archive.add("lib/kits", mode: 0o40755)
    let ring = KitFile("ring", mode: 0o666, kernelPages: 1, ownPages: 1, memberPages: 2)
    archive.add("lib/kits/ring.kit", ring.bytes)
    machine = try Machine(initrd: archive.finish())
    let free = machine.pool.freeCount
    _ = CapturedLog.lines {
      KitStart<MockArchitecture>.run(
        Machine.immortal([0, 0, 0, 0]), by: A32Rules.self, cpuCount: 1, board: "mock")
    }
    held = Int(free) - Int(machine.pool.freeCount)
    _ = try machine.start()
    buffer = machine.memory()
  }

  override func tearDown() { XCTAssertEqual(machine.release(), held) }

  /// Maps the kit for writing or for reading: the address, or an error.
  @discardableResult
  private func map(writing: Bool = true) -> UInt32 {
    let path = machine.string("/dev/kits/ring", at: buffer)
    let file = UInt32(machine.call(.open, path, writing ? 2 : 0, 0))
    defer { machine.call(.close, file) }
    let protection: UInt32 = writing ? 3 : 1
    return UInt32(
      bitPattern: machine.call(.mmap2, 0, Self.pages * 4096, protection, 1, file, 0))
  }

  private func fork() -> TaskNumber { machine.task(of: machine.call(.fork)) }

  private func wait() { XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0) }

  private func isWritable(_ address: UInt32) -> Bool {
    Services.process.pointee.space.handleFault(at: UserAddress(address), .write) == .resolved
  }

  /// The number of the process's slot + 1, and its generation.
  private func own(_ base: UInt32) -> [UInt32] { machine.words(base + 0x2000, 2) }
  /// The address of a slot's bell.
  private func bell(_ slot: UInt32, _ base: UInt32) -> UInt32 { base + 0x108c + slot * 4 }
  /// How often a member has joined or left: nobody rings the last bell for another reason.
  private func change(_ base: UInt32) -> UInt32 { machine.word(bell(15, base)) }
  private func process(_ slot: UInt32, _ base: UInt32) -> UInt32 {
    machine.word(base + 0x100c + slot * 4)
  }
  private func generation(_ slot: UInt32, _ base: UInt32) -> UInt32 {
    machine.word(base + 0x104c + slot * 4)
  }
  private func page(_ slot: UInt32, _ base: UInt32) -> UInt32 { base + 0x3000 + slot * 0x2000 }

  private var number: UInt32 { UInt32(bitPattern: machine.call(.getpid)) }

  func testMemberWritesItsOwnPagesOnly() {
    let base = map()
    XCTAssertEqual(own(base), [1, 1])
    XCTAssertEqual([process(0, base), generation(0, base)], [number, 1])
    XCTAssertEqual([process(1, base), generation(1, base)], [0, 0])
    XCTAssertEqual([change(base), machine.word(base + 0x1008)], [1, 1])
    for offset: UInt32 in [0x0, 0x1000, 0x2000] { XCTAssertFalse(isWritable(base + offset)) }
    XCTAssertTrue(isWritable(page(0, base)) && isWritable(page(0, base) + 0x1ffc))
    for slot: UInt32 in 1..<16 {
      XCTAssertEqual(machine.word(page(slot, base)), 0)
      XCTAssertFalse(isWritable(page(slot, base)), "\(slot)")
    }
    XCTAssertEqual(map(), base)
    XCTAssertEqual(own(base), [1, 1], "a member joins once")
    XCTAssertEqual(map(writing: false), UInt32(bitPattern: -17))
  }

  func testMembersReadEachOther() {
    let child = fork()
    let base = map()
    machine.put(words: [7], at: page(0, base))
    machine.run(child) {
      let base = map()
      XCTAssertEqual(own(base), [2, 1])
      XCTAssertEqual(machine.word(page(0, base)), 7)
      XCTAssertFalse(isWritable(page(0, base)))
      machine.put(words: [8], at: page(1, base) + 0x1000)
    }
    XCTAssertEqual(machine.word(page(1, base) + 0x1000), 8)
    XCTAssertEqual(change(base), 2)
    machine.run(child) { machine.call(.exitGroup, 0) }
    wait()
  }

  func testReaderIsNoMemberUntilItWrites() {
    let base = map(writing: false)
    XCTAssertEqual(own(base) + [change(base), process(0, base)], [0, 0, 0, 0])
    XCTAssertEqual(machine.word(page(0, base)), 0)
    XCTAssertFalse(isWritable(page(0, base)))
    XCTAssertEqual(map(writing: false), base)
    XCTAssertEqual(map(), base)
    XCTAssertEqual(own(base), [1, 1])
    XCTAssertTrue(isWritable(page(0, base)), "also a page that was read before")
  }

  func testSeventeenthMemberIsRefused() {
    let child = fork()
    machine.run(child) { XCTAssertEqual(own(map()), [1, 1]) }
    // The machine has fewer tasks than a kit has members.
    for slot in 1..<16 { setProcess(99, slot) }
    XCTAssertEqual(map(), UInt32(bitPattern: -11))
    XCTAssertFalse(machine.contents("/proc/self/maps").contains("kit:"))
    let reader = map(writing: false)
    XCTAssertEqual(map(), UInt32(bitPattern: -11))
    XCTAssertEqual(own(reader), [0, 0])
    machine.run(child) { machine.call(.exitGroup, 0) }
    wait()
    XCTAssertEqual(map(), reader)
    XCTAssertEqual(own(reader), [1, 3])
  }

  /// Writes the process of a slot into the kernel's page.
  private func setProcess(_ process: UInt32, _ slot: Int) {
    let kit = Services.tree.pointee.kits[0]
    let inode = FileTree<Services>.inode(kit.pointee.pages)
    guard
      let frame = inode.pointee.pages.frame(
        of: kit.pointee.image.kernelPage, Services.Memory.self)
    else { return XCTFail("the kernel's page has no frame") }
    Services.Memory.withBytes(of: frame) {
      $0.storeBytes(of: process, toByteOffset: 12 + slot * 4, as: UInt32.self)
    }
  }

  func testExitFreesTheSlotAndKeepsItsPagesUntilTheNext() {
    let base = map()
    let child = fork()
    machine.run(child) {
      XCTAssertEqual(map(), base)
      XCTAssertEqual(own(base), [2, 1])
      machine.put(words: [9], at: page(1, base))
      machine.call(.exitGroup, 0)
    }
    wait()
    Services.reclaimTasks()
    XCTAssertEqual([process(1, base), generation(1, base), change(base)], [0, 2, 3])
    XCTAssertEqual(machine.word(page(1, base)), 9)
    // The slots that were never used come first.
    for slot: UInt32 in 2..<17 {
      let next = fork()
      machine.run(next) {
        map()
        XCTAssertEqual(own(base), slot < 16 ? [slot + 1, 1] : [2, 3])
        if slot == 16 { XCTAssertEqual(machine.word(page(1, base)), 0) }
        machine.call(.exitGroup, 0)
      }
      wait()
      Services.reclaimTasks()
    }
  }

  func testExecLeaves() {
    let base = map()
    let child = fork()
    machine.run(child) {
      map()
      XCTAssertEqual(own(base), [2, 1])
      XCTAssertEqual(machine.execute(machine.string("/init", at: buffer)), 0)
    }
    XCTAssertEqual([process(1, base), generation(1, base)], [0, 2])
    machine.run(child) { machine.call(.exitGroup, 0) }
    wait()
  }

  func testChildOfAForkIsNoMember() {
    let base = map()
    machine.put(words: [5], at: page(0, base))
    let child = fork()
    machine.run(child) {
      XCTAssertEqual(own(base), [0, 0])
      XCTAssertEqual(machine.word(page(0, base)), 5)
      XCTAssertFalse(isWritable(page(0, base)))
      XCTAssertFalse(isWritable(page(0, base) + 0x1000), "a page that the parent has not touched")
      XCTAssertEqual(map(), base)
      XCTAssertEqual(own(base), [2, 1])
      XCTAssertFalse(isWritable(page(0, base)))
      XCTAssertTrue(isWritable(page(1, base)))
    }
    XCTAssertTrue(isWritable(page(0, base)) && !isWritable(page(1, base)))
    XCTAssertEqual(own(base), [1, 1])
    let grandchild = fork()
    for task in [child, grandchild] {
      machine.run(task) { machine.call(.exitGroup, 0) }
      wait()
    }
    XCTAssertEqual(process(0, base), number, "a child that is no member frees no slot")
    XCTAssertEqual([generation(0, base), generation(1, base)], [1, 2])
  }

  func testPagesOfAMemberAreThereWhenItJoins() {
    let base = map()
    let free = machine.pool.freeCount
    machine.put(words: [1], at: page(0, base))
    machine.put(words: [1], at: page(0, base) + 0x1000)
    XCTAssertEqual(machine.pool.freeCount, free)
    _ = machine.word(page(1, base))
    XCTAssertEqual(machine.pool.freeCount, free - 1)
  }

  func testWaitersOfAnotherMembersPageCannotBeMoved() {
    let child = fork()
    machine.run(child) { map() }
    let base = map()
    let (own, other) = (page(1, base), page(0, base))
    let bell = bell(0, base)
    for operation: UInt32 in [3, 4, 12] {
      XCTAssertEqual(machine.call(.futex, own, operation, 1, 0, own + 4, 0), 0)
      XCTAssertEqual(machine.call(.futex, other, operation, 1, 0, own, 0), -1)
      XCTAssertEqual(machine.call(.futex, bell, operation, 1, 0, own, 2), -1)
    }
    XCTAssertEqual(machine.call(.futex, other, 11, 0, 0, own, 0), -1)
    machine.run(child) { machine.call(.exitGroup, 0) }
    wait()
  }

  /// A wake at a bell changes it, so that a wait for what it was before does not begin.
  func testWakeAtABellRingsIt() {
    let child = fork()
    let base = map()
    let rung = machine.word(bell(1, base))
    machine.run(child) {
      XCTAssertEqual(map(writing: false), base)
      XCTAssertEqual(machine.call(.futex, bell(1, base), 1, 1), 0, "also by who is no member")
    }
    XCTAssertEqual(machine.word(bell(1, base)), rung + 1)
    XCTAssertEqual(machine.call(.futex, bell(1, base), 0, rung, 0), -11)
    // Words beside the bells, and private futexes at them, stay.
    for (word, operation) in [
      (bell(0, base) - 4, 1), (bell(16, base), 1), (bell(1, base), 129), (page(0, base) + 0x8c, 1),
    ] as [(UInt32, UInt32)] {
      let before = machine.word(word)
      XCTAssertEqual(machine.call(.futex, word, operation, 1), 0)
      XCTAssertEqual(machine.word(word), before)
    }
    machine.run(child) { machine.call(.exitGroup, 0) }
    wait()
  }

  func testChildOfAVforkDoesNotJoin() {
    var results: [UInt32] = []
    machine.turns.script = [
      { [machine, self] in
        SystemContext<MockArchitecture>.willSwitchOut()
        machine.map { machine in
          machine.run(machine.newestTask) {
            results = [map(), map(writing: false)]
            machine.call(.exitGroup, 0)
          }
        }
      }
    ]
    defer { machine.turns.script = [] }
    XCTAssertGreaterThan(machine.call(.vfork), 0)
    wait()
    XCTAssertEqual(results.first, UInt32(bitPattern: -11))
    XCTAssertEqual(own(results[1]), [0, 0])
    XCTAssertEqual(map(), results[1])
    XCTAssertEqual(process(0, results[1]), number)
  }

  func testThreadsAreOneMember() {
    let thread = machine.makeThread()
    let base = map()
    machine.run(thread) {
      XCTAssertEqual(map(), base)
      XCTAssertEqual(own(base), [1, 1])
      machine.put(words: [1], at: page(0, base))
      machine.call(.exit, 0)
    }
    XCTAssertEqual(process(0, base), number)
    XCTAssertEqual(change(base), 1)
  }

  func testAllPagesAreFreedWithTheLastUser() {
    let free = machine.pool.freeCount
    for round: UInt32 in 0..<3 {
      let child = fork()
      machine.run(child) {
        let base = map()
        XCTAssertEqual(machine.word(base + 0x1008), 1 << round, "only this member has joined")
        for slot: UInt32 in 0..<16 { XCTAssertEqual(machine.word(page(slot, base)), 0) }
        machine.put(words: [1], at: page(round, base))
        machine.call(.exitGroup, 0)
      }
      wait()
      Services.reclaimTasks()
      XCTAssertEqual(machine.pool.freeCount, free)
    }
  }

  func testJoiningThatFindsNoMemoryChangesNothing() {
    for isFirst in [true, false] {
      var failures = 0
      let path = machine.string("/dev/kits/ring", at: buffer)
      let file = UInt32(machine.call(.open, path, 2, 0))
      let before = isFirst ? 0 : map(writing: false)
      let child = fork()
      machine.run(child) {
        for left: UInt32 in 0..<40 {
          var answer: Int32 = 0
          let maps = machine.contents("/proc/self/maps")
          machine.withFrames(left) {
            answer = machine.call(.mmap2, 0, Self.pages * 4096, 3, 1, file, 0)
          }
          guard answer == -12 else { break }
          failures += 1
          XCTAssertEqual(machine.contents("/proc/self/maps"), maps, "\(left)")
          if !isFirst { XCTAssertEqual(change(before), 2, "of the first round") }
        }
        XCTAssertEqual(own(map()), [isFirst ? 1 : 2, 1])
        machine.call(.exitGroup, 0)
      }
      wait()
      XCTAssertGreaterThan(failures, 0)
      machine.call(.close, file)
    }
  }
}
