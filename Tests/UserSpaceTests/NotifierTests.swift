// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import RTOSCore
@testable import System
@testable import UserSpace

/// inotify: what is queued and what is lost, limits, and what other threads do at each point of a
/// report. The answers of the calls are compared with Linux's in BootTests. Each test checks that all
/// frames and open files are free at its end.
final class NotifierTests: MachineTestCase {
  private let (noMemory, noSpace, invalid): (Int32, Int32, Int32) = (-12, -28, -22)
  private let (create, delete, deleteSelf, attributes): (UInt32, UInt32, UInt32, UInt32) = (
    0x100, 0x200, 0x400, 4
  )
  private let (all, once): (UInt32, UInt32) = (0xfff, 1 << 31)
  /// For events.
  private var long: UInt32 = 0

  private struct Event: Equatable {
    var watch: Int32
    var mask: UInt32
    var name = ""
  }
  private let lost = Event(watch: -1, mask: 0x4000)

  override func setUpWithError() throws {
    try super.setUpWithError()
    long = machine.memory(0x4000)
    machine.put([UInt8](repeating: 0, count: 0x4000), at: long)
  }

  override func tearDown() {
    XCTAssertEqual(Services.fileObjects.pointee.watchCount, 0)
    XCTAssertEqual(Services.fileObjects.pointee.notifierCount, 0)
    XCTAssertEqual(Services.fileObjects.pointee.watchedEvents, [])
    super.tearDown()
  }

  private func path(_ text: String, _ place: UInt32 = 0) -> UInt32 {
    machine.string(text, at: buffer + place)
  }

  private func notifier(_ flags: UInt32 = 0o4000) -> UInt32 {
    UInt32(machine.call(.inotifyInit1, flags))
  }

  private func watch(_ notifier: UInt32, _ text: String, _ events: UInt32) -> Int32 {
    machine.call(.inotifyAddWatch, notifier, path(text), events)
  }

  @discardableResult
  private func open(_ text: String) -> UInt32 {
    UInt32(bitPattern: machine.call(.open, path(text), 0o102, 0o600))
  }

  private func make(_ text: String) { close(open(text)) }
  private func change(_ text: String) { machine.call(.chmod, path(text), 0o600) }
  private func remove(_ text: String) {
    machine.call(.unlink, path(text))
    machine.doUserReturnWork()
  }

  /// The events that are queued, as one read returns them.
  private func read(_ notifier: UInt32, room: UInt32 = 0x4000) -> [Event] {
    let count = machine.call(.read, notifier, long, room)
    var events: [Event] = []
    var place = long
    while count > 0, place < long + UInt32(count) {
      let length = machine.word(place + 12)
      events.append(
        Event(
          watch: Int32(bitPattern: machine.word(place)), mask: machine.word(place + 4),
          name: length > 0 ? machine.text(place + 16) : ""))
      place += 16 + length
    }
    return events
  }

  private func readAll(_ notifier: UInt32) -> [Event] {
    var events: [Event] = []
    while true {
      let further = read(notifier)
      guard !further.isEmpty else { return events }
      events += further
    }
  }

  // Memory.

  func testWatchWithoutMemoryIsNotMade() {
    let (notifier, name) = (notifier(), path("/"))
    let free = machine.pool.freeCount
    // The path needs a frame, which is free again when the watch is made.
    machine.withFrames(0) {
      XCTAssertEqual(machine.call(.inotifyAddWatch, notifier, name, all), noMemory)
    }
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(machine.call(.inotifyAddWatch, notifier, name, all), 1)
    close(notifier)
  }

  func testEventsWithoutMemoryAreLostAndThatIsTold() {
    let notifier = notifier()
    let (a, b) = (open("/a"), open("/b"))
    XCTAssertEqual(watch(notifier, "/", attributes), 1)
    machine.withFrames(0) {
      for _ in 0..<80 {
        XCTAssertEqual(machine.call(.fchmod, a, 0o600), 0)
        XCTAssertEqual(machine.call(.fchmod, b, 0o600), 0)
      }
    }
    change("/b")
    let events = readAll(notifier)
    XCTAssertEqual(events.count, (4096 - 128 - 16) / 32 + 2)
    XCTAssertEqual(
      Array(events.suffix(2)), [lost, Event(watch: 1, mask: attributes, name: "b")])
    change("/a")
    XCTAssertEqual(readAll(notifier), [Event(watch: 1, mask: attributes, name: "a")])
    close(notifier, a, b)
    remove("/a")
    remove("/b")
  }

  func testEventsOfManyFramesKeepTheirOrder() {
    let notifier = notifier()
    let names = (0..<150).map { String(repeating: "n", count: $0 * 7 % 29) + "\($0)" }
    XCTAssertEqual(watch(notifier, "/", create | delete), 1)
    var expected: [Event] = []
    for round in 0..<2 {
      for name in names {
        make("/" + name)
        machine.call(.unlink, path("/" + name))
        expected.append(Event(watch: 1, mask: create, name: name))
        expected.append(Event(watch: 1, mask: delete, name: name))
      }
      if round == 0 {
        XCTAssertEqual(readAll(notifier), expected)
        expected = []
      }
    }
    let first = read(notifier, room: 2000)
    XCTAssertEqual(first, Array(expected[..<first.count]))
    close(notifier)  // It frees the frames of the events that were not read.
  }

  // Limits.

  func testWatchesAndNotifiersHaveLimits() {
    let watched = (0..<65).map { "/w\($0)" }
    for name in watched { make(name) }
    var notifiers: [UInt32] = []
    for _ in 0..<128 { notifiers.append(notifier()) }
    XCTAssertEqual(machine.call(.inotifyInit), -24)
    var refused = 0
    for notifier in notifiers {
      for name in watched where watch(notifier, name, deleteSelf) < 0 { refused += 1 }
    }
    XCTAssertEqual(refused, 128 * 65 - Int(Services.fileObjects.pointee.watchCount))
    XCTAssertGreaterThanOrEqual(refused, 128)
    XCTAssertEqual(watch(notifiers[127], "/", all), noSpace)
    XCTAssertEqual(watch(notifiers[0], "/w0", all), 1, "it has a watch already")
    remove("/w0")
    for notifier in notifiers.reversed() { close(notifier) }
    for name in watched { remove(name) }
  }

  func testTooManyEventsAreLost() {
    let notifier = notifier()
    make("/a")
    XCTAssertEqual(watch(notifier, "/a", attributes | 0x30), 1)
    let name = path("/a")
    for _ in 0..<6000 {
      let file = UInt32(machine.call(.open, name, 0, 0))
      machine.call(.fchmod, file, 0o600)
      machine.call(.close, file)
    }
    let events = readAll(notifier)
    XCTAssertEqual(events.count, 16385)
    XCTAssertEqual(events.last, lost)
    XCTAssertEqual(events.filter { $0 == lost }.count, 1)
    close(notifier)
    remove("/a")
  }

  // Other threads.

  func testEventWakesAReader() {
    let notifier = notifier(0)
    make("/a")
    XCTAssertEqual(watch(notifier, "/a", attributes), 1)
    let thread = machine.makeThread()
    let name = path("/a")
    machine.turns.script = [
      { [task = Services.task] in Services.wake(task) },
      { self.machine.run(thread) { self.machine.call(.chmod, name, 0o600) } },
    ]
    XCTAssertEqual(read(notifier), [Event(watch: 1, mask: attributes)])
    XCTAssertTrue(machine.turns.script.isEmpty)
    close(notifier)
    machine.run(thread) { machine.call(.exit, 0) }
    remove("/a")
  }

  /// Another thread removes the file, its directory's watch or a notifier at each point of the calls
  /// that report something to three watches.
  func testReportsSurviveWhatOthersDoAtEachPoint() {
    let calls: [(String, (UInt32, UInt32) -> Int32)] = [
      ("open", { [self] a, _ in machine.call(.open, a, 0o1102, 0o600) }),
      ("chmod", { [self] a, _ in machine.call(.chmod, a, 0o600) }),
      ("link", { [self] a, b in machine.call(.link, a, b) }),
      ("rename", { [self] a, b in machine.call(.rename, a, b) }),
      ("exchange", { [self] a, b in machine.call(.renameat2, 0, a, 0, b, 2) }),
      ("unlink", { [self] a, _ in machine.call(.unlink, a) }),
      ("mkdir", { [self] _, b in machine.call(.mkdir, b, 0o700) }),
      ("truncate", { [self] a, _ in machine.call(.truncate, a, 10) }),
    ]
    for (what, call) in calls {
      for event in 0..<6 {
        for number in 1...12 {
          let notifiers = [notifier(), notifier(), notifier()]
          machine.call(.mkdir, path("/d"), 0o700)
          if what != "open" { make("/d/a") }
          if what == "rename" || what == "exchange" { make("/d/b") }
          for (index, notifier) in notifiers.enumerated() {
            let flags = index == 1 ? once : 0
            for name in ["/d", "/d/a", "/d/b"] { _ = watch(notifier, name, all | flags) }
          }
          let thread = machine.makeThread()
          let (a, b) = (path("/d/a"), path("/d/b", 16))
          let happens = { [self] in
            machine.run(thread) {
              switch event {
              case 0: machine.call(.unlink, a)
              case 1: machine.call(.unlink, b)
              case 2: machine.call(.close, notifiers[1])
              case 3:
                for number: UInt32 in 1...3 { machine.call(.inotifyRmWatch, notifiers[0], number) }
              case 4: machine.call(.rename, a, b)
              default:
                machine.call(.unlink, a)
                let file = machine.call(.open, b, 0o102, 0o600)
                machine.call(.inotifyAddWatch, notifiers[2], b, all)
                machine.call(.close, UInt32(bitPattern: file))
              }
              machine.doUserReturnWork()
            }
          }
          let result = at(point: number, happens) { call(a, b) }
          if result > 0 { machine.call(.close, UInt32(result)) }
          machine.doUserReturnWork()
          for notifier in notifiers {
            _ = read(notifier)
            machine.call(.close, notifier)
          }
          machine.run(thread) { machine.call(.exit, 0) }
          for name in [a, b] {
            machine.call(.unlink, name)
            machine.call(.rmdir, name)
          }
          machine.doUserReturnWork()
          XCTAssertEqual(machine.call(.rmdir, path("/d")), 0, "\(what) \(event) \(number)")
          machine.doUserReturnWork()
        }
      }
    }
  }

  /// The notifier's descriptor is closed at each point of a read, an addition and a removal.
  func testNotifierIsClosedAtEachPoint() {
    make("/a")
    make("/b")
    for call in 0..<3 {
      for number in 1...70 {
        let notifier = notifier()
        for name in ["/a", "/b"] { _ = watch(notifier, name, all) }
        change("/a")
        change("/b")
        let thread = machine.makeThread()
        let close = { [self] in machine.run(thread) { machine.call(.close, notifier) } }
        _ = at(point: number, { _ = close() }) {
          switch call {
          case 0: machine.call(.read, notifier, long, 100)
          case 1: machine.call(.inotifyAddWatch, notifier, path("/../../../a"), once | 1)
          default: machine.call(.inotifyRmWatch, notifier, 2)
          }
        }
        machine.call(.close, notifier)
        machine.run(thread) { machine.call(.exit, 0) }
      }
    }
    remove("/a")
    remove("/b")
  }

  func testEndOfAFileThatAMappingKeepsIsTold() {
    let notifier = notifier()
    let file = open("/a")
    machine.call(.write, file, long, 100)
    XCTAssertEqual(watch(notifier, "/a", deleteSelf), 1)
    let place = UInt32(bitPattern: machine.call(.mmap2, 0, 0x1000, 1, 1, file, 0))
    close(file)
    remove("/a")
    XCTAssertEqual(readAll(notifier), [])
    XCTAssertEqual(machine.call(.munmap, place, 0x1000), 0)
    machine.doUserReturnWork()
    XCTAssertEqual(
      readAll(notifier), [Event(watch: 1, mask: deleteSelf), Event(watch: 1, mask: 0x8000)])
    XCTAssertEqual(machine.call(.inotifyRmWatch, notifier, 1), invalid)
    close(notifier)
  }
}
