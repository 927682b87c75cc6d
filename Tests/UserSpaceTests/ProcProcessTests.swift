// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

@testable import UserSpace

/// /proc/PID of the process that looks, of others, of zombies and of processes that have gone.
final class ProcProcessTests: MachineTestCase {
  /// The names of the lines of /proc/PID/status on Linux 6.1.
  private static let names = [
    "Name", "Umask", "State", "Tgid", "Ngid", "Pid", "PPid", "TracerPid", "Uid", "Gid", "FDSize",
    "Groups", "NStgid", "NSpid", "NSpgid", "NSsid", "VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM",
    "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE",
    "VmSwap", "CoreDumping", "THP_enabled", "Threads", "SigQ", "SigPnd", "ShdPnd", "SigBlk",
    "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp",
    "Seccomp_filters", "Speculation_Store_Bypass", "SpeculationIndirectBranch", "Cpus_allowed",
    "Cpus_allowed_list", "Mems_allowed", "Mems_allowed_list", "voluntary_ctxt_switches",
    "nonvoluntary_ctxt_switches",
  ]

  private func open(_ path: String, _ flags: UInt32 = 0) -> Int32 {
    machine.call(.open, machine.string(path, at: buffer), flags, 0)
  }

  private func status(_ path: String) -> [(name: String, value: String)] {
    machine.contents(path).split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", maxSplits: 1)
      return (String(parts[0].dropLast()), parts.count > 1 ? String(parts[1]) : "")
    }
  }

  /// The fields of a stat text, the first at index 1.
  private func fields(_ path: String) -> [String] {
    [""] + machine.contents(path).dropLast().split(separator: " ").map(String.init)
  }

  /// A child of the process.
  private func fork() -> UInt32 { UInt32(machine.call(.fork)) }

  private func end(_ child: UInt32) {
    machine.run(machine.task(of: Int32(child))) { machine.call(.exitGroup, 3) }
  }

  private func collect(_ child: UInt32) {
    XCTAssertEqual(machine.call(.wait4, child, 0, 0, 0), Int32(child))
  }

  private func target(_ link: String) -> String? {
    let count = machine.call(.readlink, machine.string(link, at: buffer), buffer + 512, 256)
    return count < 0
      ? nil : String(decoding: machine.bytes(buffer + 512, Int(count)), as: UTF8.self)
  }

  private func names(in path: String) -> [String] {
    let directory = UInt32(open(path))
    let count = machine.call(.getdents64, directory, buffer + 1024, 2048)
    machine.call(.close, directory)
    var names: [String] = []
    var place = buffer + 1024
    while count > 0, place < buffer + 1024 + UInt32(count) {
      names.append(machine.text(place + 19))
      place += machine.word(place + 16) & 0xffff
    }
    return names
  }

  func testStatusHasTheLinesOfLinux() {
    let lines = status("/proc/self/status")
    XCTAssertEqual(lines.map(\.name), Self.names)
    let values = Dictionary(uniqueKeysWithValues: lines)
    XCTAssertEqual(values["Name"], "init")
    XCTAssertEqual(values["Umask"], "0022")
    XCTAssertEqual(values["State"], "R (running)")
    XCTAssertEqual(values["Pid"], "1")
    XCTAssertEqual(values["Threads"], "1")
    XCTAssertEqual(values["SigBlk"], "0000000000000000")
    XCTAssertEqual(values["CapEff"], "000001ffffffffff")
    XCTAssertEqual(values["Cpus_allowed_list"], "0")
  }

  func testStackThatIsNotWritableIsNoData() throws {
    func size(_ name: String) throws -> Int {
      let line = try XCTUnwrap(status("/proc/self/status").first { $0.name == name })
      return try XCTUnwrap(Int(line.value.split(separator: " ")[0]))
    }
    let (data, stack) = (try size("VmData"), try size("VmStk"))
    let maps = machine.contents("/proc/self/maps").split(separator: "\n")
    let region = try XCTUnwrap(maps.first { $0.hasSuffix("[stack]") })
    let start = try XCTUnwrap(UInt32(region.prefix(8), radix: 16))
    XCTAssertEqual(machine.call(.mprotect, start, 0x4000, 1), 0)
    XCTAssertEqual(try size("VmData"), data)
    XCTAssertEqual(try size("VmStk"), stack)
  }

  func testStatHasFiftyTwoFieldsWithTheirValues() {
    let child = fork()
    let fields = fields("/proc/\(child)/stat")
    XCTAssertEqual(fields.count - 1, 52)
    XCTAssertEqual(fields[1...8], ["\(child)", "(init)", "R", "1", "0", "0", "0", "-1"])
    XCTAssertEqual(fields[18...22], ["20", "0", "1", "0", "500"])
    let pages = machine.contents("/proc/\(child)/statm").split(separator: " ")
    XCTAssertEqual(fields[23], "\((Int(pages[0]) ?? 0) * 4096)")
    XCTAssertEqual(fields[24], String(pages[1]))
    XCTAssertEqual(fields[25], String(Word.max))
    XCTAssertEqual(fields[38], "17")
    end(child)
    collect(child)
  }

  func testEndedChildIsAZombie() {
    let child = fork()
    end(child)
    let fields = fields("/proc/\(child)/stat")
    XCTAssertEqual(fields[1...4], ["\(child)", "(init)", "Z", "1"])
    XCTAssertEqual(fields[23...24], ["0", "0"])
    XCTAssertEqual(fields[52], "768")
    let lines = status("/proc/\(child)/status")
    let left = Self.names.filter {
      !$0.hasPrefix("Vm") && !$0.hasPrefix("Rss")
        && !["Umask", "CoreDumping", "THP_enabled"].contains($0)
    }
    XCTAssertEqual(lines.map(\.name), left)
    XCTAssertEqual(lines[1].value, "Z (zombie)")
    XCTAssertEqual(machine.contents("/proc/\(child)/statm"), "0 0 0 0 0 0 0\n")
    for name in ["cmdline", "environ", "auxv", "maps", "smaps"] {
      XCTAssertEqual(machine.contents("/proc/\(child)/\(name)"), "", name)
    }
    for link in ["exe", "cwd", "root"] { XCTAssertNil(target("/proc/\(child)/\(link)"), link) }
    XCTAssertEqual(names(in: "/proc/\(child)/fd"), [".", ".."])
    XCTAssertEqual(names(in: "/proc/\(child)/task"), [".", "..", "\(child)"])
    collect(child)
  }

  func testFileOfAProcessThatHasGoneIsESRCH() {
    let child = fork()
    let files = ["stat", "status", "maps", "cmdline", "limits", "comm", "task/\(child)/stat"].map {
      UInt32(open("/proc/\(child)/\($0)"))
    }
    let directory = UInt32(open("/proc/\(child)"))
    let half = UInt32(open("/proc/\(child)/status"))
    XCTAssertEqual(machine.call(.read, half, buffer, 10), 10)
    end(child)
    collect(child)
    for file in files { XCTAssertEqual(machine.call(.read, file, buffer, 100), -3) }
    // What was read before is there to its end, then comes the end.
    XCTAssertGreaterThan(machine.call(.read, half, buffer, 4096), 100)
    XCTAssertEqual(machine.call(.read, half, buffer, 100), 0)
    XCTAssertEqual(machine.call(.getdents64, directory, buffer, 100) >= 0, true)
    XCTAssertEqual(open("/proc/\(child)/stat"), -2)
    for file in files + [half, directory] { machine.call(.close, file) }
  }

  func testNumbersThatAreNoProcessAreENOENT() {
    for name in ["0", "2", "01", "99999", "4294967297", "-1", "1x", " 1"] {
      XCTAssertEqual(open("/proc/\(name)/stat"), -2, name)
    }
    XCTAssertEqual(open("/proc/self/fd/99"), -2)
    XCTAssertEqual(open("/proc/self/fd/64"), -2)
    XCTAssertEqual(open("/proc/self/task/2/stat"), -2)
  }

  func testProcessesAreListedInOrder() {
    let children = [fork(), fork(), fork()]
    end(children[1])
    collect(children[1])
    let listed = names(in: "/proc").compactMap { UInt32($0) }
    XCTAssertEqual(listed, [1, children[0], children[2]])
    for child in [children[0], children[2]] {
      end(child)
      collect(child)
    }
  }

  func testArgumentsAndEnvironmentOfAnotherProcessAreRead() {
    let child = fork()
    XCTAssertEqual(machine.contents("/proc/\(child)/cmdline", piece: 3), "/init\0")
    XCTAssertEqual(machine.contents("/proc/\(child)/environ"), "HOME=/\0TERM=linux\0")
    let vector = Array(machine.contents("/proc/\(child)/auxv").utf8)
    XCTAssertEqual(vector.suffix(8), [0, 0, 0, 0, 0, 0, 0, 0])
    let own = machine.contents("/proc/self/maps").split(separator: "\n")
    let lines = machine.contents("/proc/\(child)/maps").split(separator: "\n")
    XCTAssertGreaterThan(lines.count, 3)
    // The process has memory for this test besides, which may have joined a region without a name.
    for line in lines where !line.hasSuffix(" ") {
      XCTAssertTrue(own.contains(line), String(line))
    }
    end(child)
    collect(child)
  }

  func testDescriptorsAreLinksToTheirFiles() {
    let null = UInt32(open("/dev/null", 1))
    XCTAssertEqual(names(in: "/proc/self/fd").prefix(6), [".", "..", "0", "1", "2", "\(null)"])
    XCTAssertEqual(target("/proc/self/fd/\(null)"), "/dev/null")
    XCTAssertEqual(target("/proc/self/fd/0"), "/dev/console")
    // A link leads to its file itself, also with O_CREAT and O_TRUNC.
    let again = open("/proc/self/fd/\(null)", 0o1101)
    XCTAssertGreaterThan(again, 0)
    XCTAssertEqual(machine.call(.write, UInt32(again), buffer, 5), 5)
    for file in [null, UInt32(again)] { machine.call(.close, file) }
    XCTAssertEqual(target("/proc/self/exe"), "/init")
    XCTAssertEqual(target("/proc/self/cwd"), "/")
    XCTAssertEqual(target("/proc/self/root"), "/")
  }

  func testNameAndMemoryScoreAreSet() {
    let name = UInt32(open("/proc/self/comm", 1))
    machine.put(Array("a long name of a thread".utf8), at: buffer)
    XCTAssertEqual(machine.call(.write, name, buffer, 23), 23)
    XCTAssertEqual(machine.contents("/proc/self/comm"), "a long name of \n")
    let score = UInt32(open("/proc/self/oom_score_adj", 1))
    for (text, result, value) in [
      ("-17\n", 4, "-17"), ("1001", -22, "-17"), ("-1001", -22, "-17"), ("x", -22, "-17"),
      ("1000", 4, "1000"),
    ] as [(String, Int32, String)] {
      machine.put(Array(text.utf8), at: buffer)
      XCTAssertEqual(machine.call(.write, score, buffer, UInt32(text.utf8.count)), result, text)
      XCTAssertEqual(machine.contents("/proc/self/oom_score_adj"), value + "\n")
    }
    let child = fork()
    let other = UInt32(open("/proc/\(child)/comm", 1))
    XCTAssertEqual(machine.call(.write, other, buffer, 3), -22)
    XCTAssertEqual(machine.contents("/proc/\(child)/oom_score_adj"), "1000\n")
    end(child)
    collect(child)
    for file in [name, score, other] { machine.call(.close, file) }
  }

  func testLimitsHaveTheColumnsOfLinux() {
    let lines = machine.contents("/proc/self/limits").split(separator: "\n")
    XCTAssertEqual(lines.count, 17)
    XCTAssertEqual(
      lines[0], "Limit                     Soft Limit           Hard Limit           Units     ")
    XCTAssertEqual(
      lines[4], "Max stack size            8388608              unlimited            bytes     ")
    XCTAssertEqual(
      lines[14], "Max nice priority         0                    0                    ")
  }

  func testThreadsAreListedWithTheirTexts() {
    let task = machine.makeThread()
    let listed = names(in: "/proc/self/task").dropFirst(2)
    XCTAssertEqual(listed.count, 2)
    let thread = listed.last ?? ""
    XCTAssertEqual(fields("/proc/self/task/\(thread)/stat")[1], thread)
    XCTAssertEqual(fields("/proc/self/task/1/stat")[20], "2")
    let lines = Dictionary(uniqueKeysWithValues: status("/proc/1/task/\(thread)/status"))
    XCTAssertEqual(lines["Tgid"], "1")
    XCTAssertEqual(lines["Pid"], thread)
    machine.run(task) { machine.call(.exit, 0) }
    XCTAssertEqual(open("/proc/self/task/\(thread)/stat"), -2)
  }
}
