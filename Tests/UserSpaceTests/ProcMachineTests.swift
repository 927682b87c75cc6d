// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

@testable import UserSpace

/// The texts about the machine: /proc/stat and its kin, /sys, the machine's names, and what
/// /proc/PID says of descriptors and transfers.
final class ProcMachineTests: MachineTestCase {
  private func open(_ path: String, _ flags: UInt32 = 0) -> UInt32 {
    let answer = machine.call(.open, machine.string(path, at: buffer), flags, 0)
    XCTAssertGreaterThanOrEqual(answer, 0, path)
    return UInt32(bitPattern: answer)
  }

  private func stat() -> [[String]] {
    machine.contents("/proc/stat").split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
  }

  private func write(_ text: String, to path: String) -> Int32 {
    let file = open(path, 1)
    machine.put(Array(text.utf8), at: buffer)
    defer { machine.call(.close, file) }
    return machine.call(.write, file, buffer, UInt32(text.utf8.count))
  }

  private func nodeName() -> String {
    XCTAssertEqual(machine.call(.uname, buffer), 0)
    return machine.text(buffer + 65)
  }

  func testStatHasTheLinesOfLinux() {
    let child = machine.call(.fork)
    let lines = stat()
    XCTAssertEqual(
      lines.map(\.first),
      [
        "cpu", "cpu0", "intr", "ctxt", "btime", "processes", "procs_running", "procs_blocked",
        "softirq",
      ])
    XCTAssertEqual(lines[0].count, 11)
    XCTAssertEqual(lines[0].dropFirst(), lines[1].dropFirst())
    XCTAssertEqual(lines[5][1], "2")
    XCTAssertEqual(lines[8].count, 12)
    machine.run(machine.task(of: child)) { machine.call(.exitGroup, 0) }
    machine.call(.wait4, .max, 0, 0, 0)
  }

  func testTicksDivideTheTimeOfACPU() {
    let before = stat()[1].dropFirst().compactMap { Int($0) }
    machine.pass(700_000_000, inProgram: true)
    machine.pass(300_000_000, inProgram: false)
    machine.call(.nice, 5)
    machine.pass(200_000_000, inProgram: true)
    let after = stat()[1].dropFirst().compactMap { Int($0) }
    XCTAssertEqual(zip(after, before).map(-)[0..<4], [70, 20, 30, 0])
  }

  func testLoadAverageApproachesTheNumberOfTasks() throws {
    for _ in 0..<12 { machine.pass(5_000_000_000) }
    let fields = machine.contents("/proc/loadavg").split(separator: " ").map(String.init)
    XCTAssertEqual(fields.count, 5)
    XCTAssertEqual(try XCTUnwrap(Double(fields[0])), 0.63, accuracy: 0.04)
    XCTAssertEqual(try XCTUnwrap(Double(fields[1])), 0.18, accuracy: 0.03)
    XCTAssertEqual(fields[3...], ["1/1", "1\n"])
    XCTAssertEqual(machine.call(.sysinfo, buffer), 0)
    XCTAssertEqual(Double(machine.word(buffer + 4)) / 65536, 0.63, accuracy: 0.04)
  }

  func testNamesOfTheMachineAreSet() {
    XCTAssertEqual(nodeName(), "apus")
    machine.put(Array("swift".utf8), at: buffer)
    XCTAssertEqual(machine.call(.sethostname, buffer, 65), -22)
    XCTAssertEqual(machine.call(.sethostname, buffer, 0xffff_ffff), -22)
    XCTAssertEqual(machine.call(.sethostname, 0x100, 3), -14)
    XCTAssertEqual(nodeName(), "apus", "nothing was changed")
    machine.put(Array("swift".utf8), at: buffer)
    XCTAssertEqual(machine.call(.sethostname, buffer, 5), 0)
    XCTAssertEqual(nodeName(), "swift")
    XCTAssertEqual(machine.contents("/proc/sys/kernel/hostname"), "swift\n")
    XCTAssertEqual(write("martin\nhouse\n", to: "/proc/sys/kernel/hostname"), 13)
    XCTAssertEqual(nodeName(), "martin")
    XCTAssertEqual(machine.contents("/proc/sys/kernel/domainname"), "(none)\n")
    machine.put(Array("nest".utf8), at: buffer)
    XCTAssertEqual(machine.call(.setdomainname, buffer, 4), 0)
    XCTAssertEqual(machine.contents("/proc/sys/kernel/domainname"), "nest\n")
    let long = String(repeating: "x", count: 64)
    XCTAssertEqual(write(long + "y", to: "/proc/sys/kernel/hostname"), 65)
    XCTAssertEqual(nodeName(), long)
  }

  func testBootHasOneNumber() {
    let path = "/proc/sys/kernel/random/boot_id"
    let first = machine.contents(path)
    XCTAssertEqual(first.split(separator: "-").map(\.count), [8, 4, 4, 4, 13])
    XCTAssertEqual(machine.contents(path), first)
    XCTAssertNotEqual(machine.contents("/proc/sys/kernel/random/uuid"), first)
  }

  func testDescriptorsAreDescribed() {
    let file = open("/init", 0o2000000)
    XCTAssertEqual(machine.call(.lseek, file, 5, 0), 5)
    XCTAssertEqual(
      machine.contents("/proc/self/fdinfo/\(file)").split(separator: "\n").prefix(3),
      ["pos:\t5", "flags:\t02000000", "mnt_id:\t1"])
    XCTAssertEqual(machine.call(.dup2, file, 1000), 1000)
    XCTAssertTrue(machine.contents("/proc/self/fdinfo/1000").hasPrefix("pos:\t5\nflags:\t00\n"))
    let count = machine.call(
      .readlink, machine.string("/proc/self/fd/1000", at: buffer), buffer, 99)
    XCTAssertEqual(String(decoding: machine.bytes(buffer, Int(count)), as: UTF8.self), "/init")
    XCTAssertEqual(
      machine.call(.open, machine.string("/proc/self/fdinfo/999", at: buffer), 0, 0), -2)
  }

  func testTransfersAreCounted() {
    let path = "/proc/self/io"
    let before = machine.contents(path).split(separator: "\n").map { $0.split(separator: " ")[1] }
    XCTAssertEqual(before.count, 7)
    let file = open("/init")
    XCTAssertEqual(machine.call(.read, file, buffer, 10), 10)
    XCTAssertEqual(machine.call(.pread64, file, buffer, 6, 0, 0, 0), 6)
    XCTAssertEqual(machine.call(.write, open("/dev/null", 1), buffer, 100), 100)
    let after = machine.contents(path).split(separator: "\n").map { $0.split(separator: " ")[1] }
    let changes = zip(after, before).map { (Int($0) ?? 0) - (Int($1) ?? 0) }
    // Between the texts are two reads, and those of the first text itself.
    XCTAssertGreaterThanOrEqual(changes[0], 16)
    XCTAssertEqual(changes[1], 100)
    XCTAssertEqual(changes[3], 1)
  }

  func testProcessorsAreListed() {
    let place = "/sys/devices/system/cpu/"
    XCTAssertEqual(
      ["online", "possible", "present"].map { machine.contents(place + $0) }, ["0\n", "0\n", "0\n"])
    XCTAssertEqual(machine.contents(place + "cpu0/topology/core_siblings"), "1\n")
    XCTAssertEqual(
      machine.call(.access, machine.string(place + "cpu1", at: buffer), 0), -2)
    XCTAssertEqual(machine.call(.access, machine.string(place + "xyz0", at: buffer), 0), -2)
    XCTAssertEqual(machine.call(.chdir, machine.string(place + "cpu0/topology", at: buffer)), 0)
    let count = machine.call(.getcwd, buffer, 100)
    XCTAssertEqual(machine.text(buffer), place + "cpu0/topology")
    XCTAssertEqual(Int(count), place.utf8.count + "cpu0/topology".utf8.count + 1)
    XCTAssertEqual(machine.call(.chdir, machine.string("../../../../../..", at: buffer)), 0)
    machine.call(.getcwd, buffer, 100)
    XCTAssertEqual(machine.text(buffer), "/")
  }

  func testMountsAgreeInBothForms() {
    let mounts = machine.contents("/proc/mounts").split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
    let details = machine.contents("/proc/self/mountinfo").split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
    XCTAssertEqual(mounts.map { $0[1] }, details.map { $0[4] })
    XCTAssertEqual(mounts.map { $0[2] }, details.map { $0[7] })
    XCTAssertTrue(mounts.contains { $0[0...2] == ["sysfs", "/sys", "sysfs"] })
    XCTAssertEqual(Set(details.map { $0[2] }).count, details.count, "each has its device")
  }

  func testStandardLinksOfDevLeadToDescriptors() {
    let count = machine.call(.readlink, machine.string("/dev/fd", at: buffer), buffer, 99)
    XCTAssertEqual(
      String(decoding: machine.bytes(buffer, Int(count)), as: UTF8.self), "/proc/self/fd")
    XCTAssertEqual(
      machine.call(.write, open("/dev/stdout", 1), machine.string("x", at: buffer), 1), 1)
    let full = open("/dev/full", 2)
    XCTAssertEqual(machine.call(.write, full, buffer, 1), -28)
    machine.put([1, 1], at: buffer)
    XCTAssertEqual(machine.call(.read, full, buffer, 2), 2)
    XCTAssertEqual(machine.bytes(buffer, 2), [0, 0])
  }

  func testAPipeIsOpenedAgainByItsDescriptor() {
    XCTAssertEqual(machine.call(.pipe, buffer), 0)
    let ends = machine.words(buffer, 2)
    let writer = open("/proc/self/fd/\(ends[0])", 1)
    machine.call(.close, ends[1])
    XCTAssertEqual(machine.call(.write, writer, machine.string("again", at: buffer), 5), 5)
    machine.call(.close, writer)
    let reader = open("/dev/fd/\(ends[0])")
    XCTAssertEqual(machine.call(.read, reader, buffer, 9), 5)
    XCTAssertEqual(machine.call(.read, reader, buffer, 9), 0, "there is no writer any more")
  }

  /// A walk that ends at a file without a name, by a link that has no path.
  func testAFileWithoutANameIsOpenedAgainByItsDescriptor() {
    let memory = UInt32(machine.call(.memfdCreate, machine.string("m", at: buffer), 0))
    let removed = open("/tmp/removed", 0o102)
    XCTAssertEqual(machine.call(.unlink, machine.string("/tmp/removed", at: buffer)), 0)
    for file in [memory, removed] {
      XCTAssertEqual(machine.call(.write, file, machine.string("abc", at: buffer), 3), 3)
      let path = machine.string("/proc/self/fd/\(file)", at: buffer)
      XCTAssertEqual(machine.call(.stat64, path, buffer + 100), 0)
      XCTAssertEqual(machine.call(.truncate, path, 2), 0)
      let again = UInt32(machine.call(.open, path, 0))
      XCTAssertEqual(machine.call(.read, again, buffer, 9), 2)
      XCTAssertEqual(machine.call(.close, again), 0)
    }
  }
}
