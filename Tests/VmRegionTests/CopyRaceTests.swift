// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// Copies in and out on several CPUs, while another CPU unmaps, maps, protects and discards the
/// copied pages. A fifth CPU allocates every frame that is freed and writes its own pattern to it.
///
/// The space has no lock of its own: here, as in the kernel, its owner's spin lock serialises
/// faults and changes. The copies themselves do not take that lock, as a CPU's accesses do not.
final class CopyRaceTests: XCTestCase {
  private typealias Space = AddressSpace<RaceMMU, RaceProcessor, MockMemory>
  private typealias Pool = FramePool<RaceProcessor, MockMemory>

  private static let base: UserAddress = 0x10_0000
  private static let pages: Word = 8
  /// The patterns of the programs and of the CPU that allocates freed frames.
  private static let ours: UInt32 = 0x1111_1111
  private static let foreign: UInt8 = 0xee

  /// The messages of the threads, and the request to end.
  private final class Notes: @unchecked Sendable {
    private let lock = NSLock()
    private var isOver = false
    private var complaints: [String] = []
    private var counts: [String: Int] = [:]

    func note(_ what: String) { lock.withLock { counts[what, default: 0] += 1 } }
    func complain(_ what: String) {
      lock.withLock { if complaints.count < 5 { complaints.append(what) } }
    }
    func end() { lock.withLock { isOver = true } }
    var goesOn: Bool { lock.withLock { !isOver } }
    var outcome: (complaints: [String], counts: [String: Int]) {
      lock.withLock { (complaints, counts) }
    }
  }

  /// The state that the threads share.
  private final class Arena: @unchecked Sendable {
    let hardware = RaceHardware()
    let pool: Pool
    let freeAtStart: UInt32
    let space: Guarded<RaceProcessor, Space>
    private let notes = Notes()

    init() throws {
      let frames: UInt32 = 32  // So few that freed frames are soon allocated again.
      let size = Pool.metadataSize(frameCount: frames)
      let metadata = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      metadata.initializeMemory(as: UInt8.self, repeating: 0, count: size)
      let nothing: [FrameRange] = []
      pool = Pool(
        first: MockMemory.first, count: frames, metadata: metadata, reserved: nothing.span)
      try pool.makeZeroFrame()
      freeAtStart = pool.freeCount
      space = Guarded(
        Space(
          table: RaceMMU(
            hardware: hardware,
            isFree: { [pool] in pool.referenceCount(of: $0) == 0 },
            complain: { [notes] in notes.complain($0) }),
          pool: pool), level: .unordered, in: .allocate(capacity: 1))
    }

    func note(_ what: String) { notes.note(what) }
    func complain(_ what: String) { notes.complain(what) }
    func end() { notes.end() }
    var goesOn: Bool { notes.goesOn }
    var outcome: (complaints: [String], counts: [String: Int]) { notes.outcome }

    /// Accesses a word of the program's memory as the port's copy routines do: the access, on a
    /// fault the handler, and the access again. False if the fault cannot be resolved.
    func copy(_ address: UserAddress, _ access: Access, _ body: (UnsafeMutableRawPointer) -> Void)
      -> Bool
    {
      for _ in 0..<1000 {
        let offset = Int(address.pageOffset)
        let page = VirtualPage(containing: address)
        if hardware.access(page, access, { body($0 + offset) }) != nil { return true }
        let outcome = space.withLock { $0.handleFault(at: address, access) }
        guard outcome == .resolved else { return false }
      }
      complain("a fault that was resolved 1,000 times")
      return false
    }
  }

  func testCopyThatRacesAnUnmapFaultsAndTouchesNoFreedFrame() throws {
    RaceProcessor.become(6)
    let arena = try Arena()
    let workers: [@Sendable () -> Void] = [
      { Self.copyIn(arena, seed: 1) }, { Self.copyIn(arena, seed: 2) },
      { Self.copyOut(arena, seed: 3) }, { Self.copyOut(arena, seed: 4) },
      { Self.takeFrames(arena) },
      {
        Self.change(arena)
        arena.end()
      },
    ]
    let group = DispatchGroup()
    for (number, work) in workers.enumerated() {
      group.enter()
      let thread = Thread {
        RaceProcessor.become(UInt32(number))
        work()
        group.leave()
      }
      thread.start()
    }
    XCTAssertEqual(group.wait(timeout: .now() + 60), .success, "a thread does not end")
    arena.space.withLock { $0.teardown() }
    XCTAssertEqual(arena.pool.freeCount, arena.freeAtStart)
    let (complaints, counts) = arena.outcome
    XCTAssertEqual(complaints, [])
    // Every event that the race needs has occurred.
    for what in ["copied in", "copied out", "refused", "frame allocated"] {
      XCTAssertGreaterThan(counts[what] ?? 0, 0, "\(what): \(counts)")
    }
  }

  private static func address(_ dice: inout Dice) -> UserAddress {
    base + Word.random(in: 0..<pages * Page.size / 4, using: &dice) * 4
  }

  private static func copyIn(_ arena: Arena, seed: UInt64) {
    var dice = Dice(seed: seed)
    while arena.goesOn {
      var word: UInt32 = 0
      let isDone = arena.copy(address(&dice), .read) { word = $0.load(as: UInt32.self) }
      arena.note(isDone ? "copied in" : "refused")
      if isDone, word != 0, word != ours { arena.complain("read \(String(word, radix: 16))") }
    }
  }

  private static func copyOut(_ arena: Arena, seed: UInt64) {
    var dice = Dice(seed: seed)
    while arena.goesOn {
      let isDone = arena.copy(address(&dice), .write) {
        $0.storeBytes(of: ours, as: UInt32.self)
      }
      arena.note(isDone ? "copied out" : "refused")
    }
  }

  /// Takes free frames as they come, marks them, and looks whether the mark stays.
  private static func takeFrames(_ arena: Arena) {
    let size = Int(Page.size)
    let mark = [UInt8](repeating: foreign, count: size)
    var taken: [PhysicalFrame] = []
    while arena.goesOn || !taken.isEmpty {
      if arena.goesOn, taken.count < 12, let frame = try? arena.pool.allocate(zeroed: false) {
        memset(MockMemory.pointer(to: frame), Int32(foreign), size)
        taken.append(frame)
        arena.note("frame allocated")
      } else if !taken.isEmpty {
        let frame = taken.removeFirst()
        if memcmp(MockMemory.pointer(to: frame), mark, size) != 0 {
          arena.complain("a store to a freed frame")
        }
        arena.pool.release(frame)
      }
    }
  }

  private static func change(_ arena: Arena) {
    var dice = Dice(seed: 5)
    for _ in 0..<150 {
      usleep(50)  // For the others.
      let first = base + Word.random(in: 0..<pages, using: &dice) * Page.size
      let length = Word.random(in: 1...4, using: &dice) * Page.size
      arena.space.withLock { space in
        switch Int.random(in: 0..<6, using: &dice) {
        case 0, 1: try? space.unmap(first, length: length)
        case 2, 3:
          _ = try? space.map(
            MapRequest(.fixed(first), length: length, permissions: [.read, .write]))
        case 4:
          try? space.protect(
            first, length: length, Bool.random(using: &dice) ? .read : [.read, .write])
        default: try? space.advise(first, length: length, .discard)
        }
      }
    }
  }
}
