// SPDX-License-Identifier: Apache-2.0
import VmRegion
import VmRegionMocks
import XCTest

@testable import UserSpace

/// /proc/meminfo, buddyinfo, self/smaps and self/statm, compared with the space and the pool.
final class ProcMemoryTests: XCTestCase {
  private var machine: Machine!

  override func setUpWithError() throws {
    machine = try Machine(initrd: ElfBuilder().bytes, commandLine: "quiet")
    _ = try machine.start()
  }

  override func tearDown() { XCTAssertEqual(machine.release(), 0) }

  /// The numbers of /proc/self/smaps by region and name, in KiB, and the flags.
  private func smaps() throws -> [(line: String, values: [String: Int], flags: String)] {
    var regions: [(line: String, values: [String: Int], flags: String)] = []
    for text in machine.contents("/proc/self/smaps", piece: 4096).split(separator: "\n") {
      let words = text.split(separator: " ")
      if words[0] == "VmFlags:" {
        regions[regions.count - 1].flags = words.dropFirst().joined(separator: " ")
      } else if words.count == 3, words[2] == "kB" {
        XCTAssertEqual(text.utf8.count, 27, String(text))
        regions[regions.count - 1].values[String(words[0])] = try XCTUnwrap(Int(words[1]))
      } else {
        regions.append((String(text), [:], ""))
      }
    }
    return regions
  }

  func testSmapsHasTheLinesOfMapsAndTheResidentPages() throws {
    let base: UInt32 = 0x3000_0000  // With no neighbour that it could join.
    XCTAssertEqual(machine.call(.mmap2, base, 0x4000, 3, 0x32, .max, 0), Int32(base))
    machine.put([1], at: base)
    machine.put([2], at: base + 0x2000)
    let regions = try smaps()
    let maps = machine.contents("/proc/self/maps").split(separator: "\n").map(String.init)
    XCTAssertEqual(regions.map(\.line), maps)
    let ours = try XCTUnwrap(regions.first { $0.line.hasPrefix(String(base, radix: 16)) })
    XCTAssertEqual(
      ours.values,
      [
        "Size:": 16, "KernelPageSize:": 4, "MMUPageSize:": 4, "Rss:": 8, "Pss:": 8,
        "Shared_Clean:": 0, "Shared_Dirty:": 0, "Private_Clean:": 0, "Private_Dirty:": 8,
        "Referenced:": 8, "Anonymous:": 8, "Swap:": 0, "Locked:": 0,
      ])
    XCTAssertEqual(ours.flags, "rd wr mr mw me")
    let vvar = try XCTUnwrap(regions.first { $0.line.hasSuffix("[vvar]") })
    XCTAssertEqual(vvar.flags, "rd mr sl")
    XCTAssertEqual(vvar.values["Rss:"], 0)
    XCTAssertEqual(
      regions.first { $0.line.hasSuffix("[stack]") }?.flags, "rd wr mr mw me gd")
  }

  func testFrameWithTwoHoldersCountsHalf() throws {
    let shared = UInt32(bitPattern: machine.call(.mmap2, 0, 0x1000, 3, 0x21, .max, 0))
    machine.put([1], at: shared)
    let second = UInt32(bitPattern: machine.call(.mremap, shared, 0, 0x1000, 1, 0))
    for base in [shared, second] {
      let there = try XCTUnwrap(try smaps().first { $0.line.hasPrefix(String(base, radix: 16)) })
      XCTAssertEqual(there.values["Rss:"], 4)
      XCTAssertEqual(there.values["Pss:"], 2)
      XCTAssertEqual(there.values["Shared_Dirty:"], 4)
      XCTAssertEqual(there.values["Private_Dirty:"], 0)
      XCTAssertEqual(there.flags, "rd wr sh mr mw me")
    }
  }

  func testStatmCountsPages() throws {
    func numbers() -> [Int] {
      machine.contents("/proc/self/statm").split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
    }
    let before = numbers()
    XCTAssertEqual(before.count, 7)
    let base = machine.memory(0x5000)
    machine.put([1], at: base)
    let after = numbers()
    XCTAssertEqual(zip(after, before).map { $0 - $1 }, [5, 1, 0, 0, 0, 5, 0])
    XCTAssertEqual(after[3], 1, "one page of code")
  }

  func testMeminfoAndBuddyinfoAgreeWithThePool() throws {
    let text = machine.contents("/proc/meminfo")
    XCTAssertEqual(machine.pool.totalCount, 522)
    XCTAssertTrue(text.hasPrefix("MemTotal:           2088 kB\nMemFree: "), text)
    let names = text.split(separator: "\n").map { $0.prefix { $0 != ":" } }
    XCTAssertEqual(
      names,
      [
        "MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "Active",
        "Inactive", "Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)",
        "Unevictable", "Mlocked", "SwapTotal", "SwapFree", "Dirty", "Writeback", "AnonPages",
        "Mapped", "Shmem", "KReclaimable", "Slab", "SReclaimable", "SUnreclaim", "CommitLimit",
        "Committed_AS",
      ])
    let said = try XCTUnwrap(text.split(separator: "\n")[1].split(separator: " ").dropLast().last)
    let free = try XCTUnwrap(Int(said)) / 4
    // The read allocated frames for the text and its copy.
    XCTAssertTrue((free...free + 2).contains(Int(machine.pool.freeCount)))
    let words = machine.contents("/proc/buddyinfo").split { $0 == " " || $0 == "\n" }
    XCTAssertEqual(words.prefix(4), ["Node", "0,", "zone", "Normal"])
    let blocks = words.dropFirst(4).compactMap { Int($0) }
    XCTAssertEqual(blocks.count, 11)
    XCTAssertEqual(blocks.enumerated().reduce(0) { $0 + $1.element << $1.offset }, free)
  }
}
