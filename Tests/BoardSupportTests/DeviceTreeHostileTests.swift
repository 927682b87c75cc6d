// SPDX-License-Identifier: Apache-2.0
import Foundation
import VmRegionMocks
import RTOSCore
import XCTest

@testable import BoardSupport

/// A buffer that ends at an inaccessible page: a read beyond its end is a crash.
private final class GuardedBuffer {
  let start: UnsafeMutableRawPointer
  let capacity: Int
  private let mapping: UnsafeMutableRawPointer
  private let byteCount: Int

  init(capacity: Int) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    self.capacity = (capacity + page - 1) / page * page
    byteCount = self.capacity + page
    mapping = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    mprotect(mapping + self.capacity, page, PROT_NONE)
    start = mapping
  }

  /// Puts bytes right before the forbidden page and reads them as a tree.
  func read(_ bytes: ArraySlice<UInt8>) -> Bool {
    let place = start + (capacity - bytes.count)
    bytes.withUnsafeBytes {
      place.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(place), byteCount: $0.count)
    }
    let span = RawSpan(_unsafeStart: UnsafeRawPointer(place), byteCount: bytes.count)
    guard let board = try? DeviceTree.read(span, for: TestBoard.self) else { return false }
    for range in [board.bootArguments, board.randomSeed, board.placementSeed, board.standardOutput]
    {
      guard let range else { continue }
      XCTAssertLessThanOrEqual(Int(range.offset) + Int(range.byteCount), bytes.count)
      XCTAssertEqual(range.bytes(in: span).byteCount, Int(range.byteCount))
    }
    return true
  }

  deinit { munmap(mapping, byteCount) }
}

/// QEMU's error message if it wrote no tree.
private struct NoTree: Error, CustomStringConvertible {
  let description: String
}

final class DeviceTreeHostileTests: XCTestCase {
  /// The bytes of QEMU's own tree, or nil when PATH has no QEMU.
  ///
  /// Without a network card: its ROM is in a package that set-up does not install.
  private func treeOfQEMU(_ arguments: [String] = []) throws -> [UInt8]? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let programs = path.split(separator: ":").map { "\($0)/qemu-system-arm" }
    guard let program = programs.first(where: FileManager.default.isExecutableFile(atPath:))
    else { return nil }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments =
      ["-M", "virt,dumpdtb=\(file.path)", "-cpu", "cortex-a7", "-display", "none", "-nic", "none"]
      + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw NoTree(description: "\(program): status \(process.terminationStatus), \(said)")
    }
    return try [UInt8](Data(contentsOf: file))
  }

  func testQEMUsTreeIsRead() throws {
    for (cpus, megabytes) in [(1, 16), (2, 256), (8, 1024)] as [(Int, Word)] {
      guard
        let blob = try treeOfQEMU([
          "-m", "\(megabytes)", "-smp", "\(cpus)", "-append", "quiet init=/bin/x",
          "-kernel", "/dev/null",
        ])
      else { throw XCTSkip("qemu-system-arm is not here") }
      let board = try DeviceTree.read(blob.span.bytes, for: TestBoard.self)
      XCTAssertEqual(board.memory.count, 1)
      XCTAssertEqual(
        board.memory[0], PhysicalRange(base: 0x4000_0000, byteCount: megabytes << 20))
      XCTAssertEqual(board.cpus.count, cpus)
      XCTAssertEqual(board.timer?.virtualInterrupt, 27)
      XCTAssertEqual(board[.interruptController]?.blocks[0].base, 0x0800_0000)
      XCTAssertEqual(board[.interruptController]?.blocks[1].base, 0x0801_0000)
      XCTAssertEqual(board[.console]?.blocks[0].base, 0x0900_0000)
      XCTAssertEqual(board[.console]?.line, 33)
      XCTAssertEqual(board[.calendarClock]?.blocks[0].base, 0x0901_0000)
      XCTAssertEqual(board.firmware?.conduit, .hypervisorCall)
      XCTAssertEqual(board.randomSeed?.byteCount, 32)
    }
  }

  func testTreeCutAtEveryLengthIsAnErrorWithoutReadsBeyond() {
    let blob = TreeBuilder.virt().blob()
    let buffer = GuardedBuffer(capacity: blob.count)
    XCTAssertTrue(buffer.read(blob[...]))
    for count in 0..<blob.count {
      // Truncated as it is, and truncated with a header of the new length.
      XCTAssertFalse(buffer.read(blob[..<count]), "\(count)")
      guard count >= 8 else { continue }
      var honest = Array(blob[..<count])
      honest.replaceSubrange(4..<8, with: TreeBuilder.word(UInt32(count)))
      XCTAssertFalse(buffer.read(honest[...]), "\(count)")
    }
  }

  func testStructureCutAtEveryWordIsAnError() {
    let blob = TreeBuilder.virt().blob()
    let buffer = GuardedBuffer(capacity: blob.count)
    let whole = blob[36..<40].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    for count in 0..<whole {
      var cut = blob
      cut.replaceSubrange(36..<40, with: TreeBuilder.word(count))
      XCTAssertFalse(buffer.read(cut[...]), "\(count)")
    }
  }

  func testTwentyThousandMutationsNeitherTrapNorReadOutside() throws {
    var dice = Dice(fuzzing: 71)
    var trees = [TreeBuilder.virt().blob(), TreeBuilder.virt(chosenFirst: true).blob()]
    if let tree = try treeOfQEMU() {
      // QEMU pads the blob to a megabyte; the used part ends with the strings.
      let used = [12, 32].map { at in tree[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
      var packed = Array(tree[..<(used[0] + used[1])])
      packed.replaceSubrange(4..<8, with: TreeBuilder.word(UInt32(packed.count)))
      trees.append(packed)
    }
    let buffer = GuardedBuffer(capacity: trees.map(\.count).max() ?? 0)
    let words: [UInt32] = [
      0, 1, 2, 3, 4, 5, 9, 16, 0x7fff_ffff, 0x8000_0000, .max, .max - 3, 0xd00d_feed, 1 << 20,
    ]
    var accepted = 0
    let count = Dice.rounds(20_000)
    for turn in 0..<count {
      var blob = trees[turn % trees.count]
      for _ in 0..<Int.random(in: 1...4, using: &dice) {
        // Half of the hits go to the header and the first nodes.
        let reach = Bool.random(using: &dice) ? blob.count : 200
        let place = Int.random(in: 0..<reach, using: &dice)
        switch Int.random(in: 0..<5, using: &dice) {
        case 0: blob[place] = UInt8.random(in: 0...255, using: &dice)
        case 1: blob[place] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
        case 2:
          let start = min(place & ~3, blob.count - 4)
          let word = words.randomElement(using: &dice) ?? 0
          blob.replaceSubrange(start..<start + 4, with: TreeBuilder.word(word))
        case 3:
          let end = min(place + Int.random(in: 1...64, using: &dice), blob.count)
          let source = Int.random(in: 0...(blob.count - (end - place)), using: &dice)
          blob.replaceSubrange(place..<end, with: Array(blob[source..<source + end - place]))
        default:
          let start = min(place & ~3, blob.count - 4)
          let word = blob[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
          let change = UInt32.random(in: 0...16, using: &dice) &- 8
          blob.replaceSubrange(start..<start + 4, with: TreeBuilder.word(word &+ change))
        }
      }
      if buffer.read(blob[...]) { accepted += 1 }
    }
    // Both outcomes occur, so the mutations reach beyond the header.
    XCTAssertGreaterThan(accepted, 1000)
    XCTAssertLessThan(accepted, count - count / 20)
  }
}
