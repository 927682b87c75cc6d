// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import RTOSCore
@testable import System
@testable import UserSpace

/// Pairs of sockets: what waiting ends of them answer, and what bad memory and other threads do to a
/// transfer. Each test checks that all frames and open files are free at its end.
final class SocketTests: MachineTestCase {
  private let (tryAgain, broken, noMemory, refused): (Int32, Int32, Int32, Int32) = (
    -11, -32, -12, -111
  )
  private let (stream, datagram, packets): (UInt32, UInt32, UInt32) = (1, 2, 5)
  private let nonBlocking: UInt32 = 0o4000
  private let (peek, doNotWait, waitForAll): (UInt32, UInt32, UInt32) = (2, 0x40, 0x100)
  /// A long buffer of the program's.
  private var long: UInt32 = 0

  override func setUpWithError() throws {
    try super.setUpWithError()
    long = machine.memory(0x40000)
    machine.put(words: [1, 0, 0, 0, 0], at: buffer)  // SIG_IGN
    XCTAssertEqual(machine.call(.rtSigaction, 13, buffer, 0, 8), 0)
  }

  private func pair(_ type: UInt32) -> (UInt32, UInt32) {
    XCTAssertEqual(machine.call(.socketpair, 1, type, 0, buffer), 0)
    return (machine.word(buffer), machine.word(buffer + 4))
  }

  private func send(_ end: UInt32, _ text: String, _ flags: UInt32 = 0) -> Int32 {
    machine.put(Array(text.utf8), at: buffer + 0x100)
    return machine.call(.send, end, buffer + 0x100, UInt32(text.utf8.count), flags)
  }

  private func receive(_ end: UInt32, _ count: UInt32 = 100, _ flags: UInt32 = 0) -> String {
    let answer = machine.call(.recv, end, buffer + 0x200, count, flags)
    guard answer >= 0 else { return String(answer) }
    return String(decoding: machine.bytes(buffer + 0x200, Int(answer)), as: UTF8.self)
  }

  /// The events of poll, without waiting.
  private func events(_ end: UInt32) -> UInt32 {
    machine.put(words: [end, 0x2005], at: buffer + 0x300)
    _ = machine.call(.poll, buffer + 0x300, 1, 0)
    return machine.word(buffer + 0x304) >> 16
  }

  func testStreamHasBytesAndNoBoundaries() {
    let (end, other) = pair(stream)
    XCTAssertEqual(send(other, "one"), 3)
    XCTAssertEqual(send(other, "two"), 3)
    XCTAssertEqual(receive(end, 4, peek), "onet")
    XCTAssertEqual(receive(end, 4), "onet")
    XCTAssertEqual(send(end, "back"), 4)
    XCTAssertEqual(receive(end), "wo")
    XCTAssertEqual(receive(other), "back")
    close(other)
    XCTAssertEqual(receive(end), "", "the end")
    XCTAssertEqual(send(end, "x"), broken)
    close(end)
  }

  func testDatagramsKeepTheirBoundaries() {
    for type in [datagram, packets] {
      let (end, other) = pair(type)
      for text in ["one", "", "three"] {
        XCTAssertEqual(send(other, text), Int32(text.utf8.count))
      }
      XCTAssertEqual(receive(end, 2, peek), "on")
      XCTAssertEqual(receive(end, 2), "on", "the rest is lost")
      XCTAssertEqual(receive(end), "")
      XCTAssertEqual(receive(end), "three")
      XCTAssertEqual(receive(end, 1, doNotWait), "-11")
      XCTAssertEqual(send(other, "unread"), 6)
      close(end, other)
    }
  }

  func testVectorIsOneDatagram() {
    let (end, other) = pair(datagram | nonBlocking)
    let bytes = (0..<0x6000).map { UInt8(truncatingIfNeeded: $0 / 5) }
    machine.put(bytes, at: long)
    // Empty pieces, a piece of a byte, and one that crosses frames.
    machine.put(words: [long, 1, 8, 0, long + 1, 0x5fff], at: buffer + 0x400)
    XCTAssertEqual(machine.call(.writev, other, buffer + 0x400, 3), 0x6000)
    machine.put([UInt8](repeating: 0, count: 0x6000), at: long)
    machine.put(words: [long, 0x1234, long + 0x1234, 0x6000], at: buffer + 0x400)
    XCTAssertEqual(machine.call(.readv, end, buffer + 0x400, 2), 0x6000)
    XCTAssertEqual(machine.bytes(long, 0x6000), bytes)
    XCTAssertEqual(machine.call(.readv, end, buffer + 0x400, 2), tryAgain)
    close(end, other)
  }

  func testReaderWaitsForTheOtherEndOnly() {
    for type in [stream, datagram, packets] {
      let (end, other) = pair(type)
      let thread = machine.makeThread()
      let me = Services.task
      machine.turns.script = [
        { [self] in
          machine.run(thread) { XCTAssertEqual(send(end, "own"), 3) }
          XCTAssertFalse(isReady(me), "what it sends itself")
          machine.run(thread) { XCTAssertEqual(send(other, "late"), 4) }
          XCTAssertTrue(isReady(me))
        }
      ]
      XCTAssertEqual(receive(end), "late")
      XCTAssertTrue(machine.turns.script.isEmpty)
      close(end, other)
      machine.run(thread) { machine.call(.exit, 0) }
    }
  }

  private func isReady(_ task: TaskNumber) -> Bool {
    (try? MockArchitecture.system.scheduler.info(of: task))?.state == .ready
  }

  func testWriterWaitsForRoom() {
    for type in [stream, datagram, packets] {
      let (end, other) = pair(type)
      let thread = machine.makeThread()
      var sent: Int32 = 0
      while case let count = machine.call(.send, other, long, 0x3000, doNotWait), count > 0 {
        sent += count
      }
      XCTAssertEqual(events(other), 0)
      XCTAssertGreaterThanOrEqual(sent, 0x10000)
      machine.turns.script = [
        { [self] in
          machine.run(thread) {
            while case let count = machine.call(.recv, end, long, 0x9000, doNotWait), count > 0 {
              sent -= count
            }
          }
        }
      ]
      XCTAssertEqual(machine.call(.send, other, long, 0x3000, 0), 0x3000)
      XCTAssertEqual(sent, 0)
      XCTAssertEqual(events(other), 4)
      close(end, other)
      machine.run(thread) { machine.call(.exit, 0) }
    }
  }

  func testWaitForAllEndsWithTheBytesOrThePeer() {
    let (end, other) = pair(stream)
    let thread = machine.makeThread()
    let parts = ["ab", "c", "d"]
    machine.turns.script = parts.map { part in
      { [self] in machine.run(thread) { XCTAssertEqual(send(other, part), Int32(part.count)) } }
    }
    XCTAssertEqual(receive(end, 4, waitForAll), "abcd")
    machine.turns.script = [
      { [self] in machine.run(thread) { XCTAssertEqual(send(other, "e"), 1) } },
      { [self] in machine.run(thread) { close(other) } },
    ]
    XCTAssertEqual(receive(end, 4, waitForAll), "e")
    close(end)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testTimeoutEndsAWait() {
    let (end, other) = pair(datagram)
    machine.put(words: [1, 500_000], at: buffer + 0x400)
    XCTAssertEqual(machine.call(.setsockopt, end, 1, 20, buffer + 0x400, 8), 0)
    machine.put(words: [0, 0, 0, 0], at: buffer + 0x400)
    machine.put(words: [16], at: buffer + 0x500)
    XCTAssertEqual(machine.call(.getsockopt, end, 1, 66, buffer + 0x400, buffer + 0x500), 0)
    XCTAssertEqual(machine.words(buffer + 0x400, 4), [1, 0, 500_000, 0])
    let start = Services.monotonicNanoseconds()
    machine.turns.script = [{ [machine] in machine?.pass(1_500_000_000) }]
    XCTAssertEqual(receive(end), "-11")
    XCTAssertGreaterThanOrEqual(Services.monotonicNanoseconds() - start, 1_500_000_000)
    machine.interruptNextWait()
    XCTAssertEqual(receive(end), "-4", "a wait with an end is not made again")
    Services.thread.pointee.signals.isPending = false
    close(end, other)
  }

  func testLostBytesAreAnErrorOfThePeer() {
    for type in [stream, packets] {
      let (end, other) = pair(type)
      XCTAssertEqual(send(end, "lost"), 4)
      close(other)
      XCTAssertEqual(events(end), 0x201d)
      XCTAssertEqual(receive(end), "-104")
      XCTAssertEqual(receive(end), "")
      XCTAssertEqual(events(end), 0x2015)
      close(end)
    }
  }

  func testDatagramForAClosedPeerDisconnects() {
    let (end, other) = pair(datagram | nonBlocking)
    XCTAssertEqual(send(other, "purged"), 6)
    close(other)
    XCTAssertEqual(events(end), 5)
    XCTAssertEqual(send(end, "a"), refused)
    XCTAssertEqual(receive(end), "-11")
    XCTAssertEqual(send(end, "a"), -107)
    close(end)
  }

  /// The other end is closed at each point of a long transfer, or is shut.
  func testEndOfThePeerAtEachPoint() {
    for type in [stream, datagram, packets] {
      for number in 1...10 {
        for isClosed in [true, false] {
          let (end, other) = pair(type | nonBlocking)
          let thread = machine.makeThread()
          let finish = { [self] in
            machine.run(thread) {
              if isClosed { close(other) } else { machine.call(.shutdown, other, 2) }
            }
          }
          let sent = at(point: number, finish) { machine.call(.write, end, long, 0x8000) }
          if type == stream {
            XCTAssertEqual(sent, number < 8 ? Int32(number) << 12 : 0x8000)
          } else if number <= 8 {
            XCTAssertEqual(sent, type == datagram && isClosed ? refused : broken, "\(number)")
          }
          _ = machine.call(.close, other)
          close(end)
          machine.run(thread) { machine.call(.exit, 0) }
        }
      }
    }
  }

  /// Another thread takes the datagram that is looked at, at each point.
  func testDatagramIsTakenWhileItIsLookedAt() {
    let bytes = (0..<0x6000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    for number in 1...6 {
      let (end, other) = pair(packets | nonBlocking)
      machine.put(bytes, at: long)
      XCTAssertEqual(machine.call(.write, other, long, 0x6000), 0x6000)
      let thread = machine.makeThread()
      let take = { [self] in
        machine.run(thread) {
          XCTAssertEqual(machine.call(.read, end, long + 0x10000, 0x6000), 0x6000)
        }
      }
      let seen = at(point: number, take) { machine.call(.recv, end, long, 0x6000, peek) }
      XCTAssertEqual(seen, 0x6000)
      XCTAssertEqual(machine.bytes(long, 0x6000), bytes)
      _ = machine.call(.recv, end, long, 1, 0)
      close(end, other)
      machine.run(thread) { machine.call(.exit, 0) }
    }
  }

  /// The peer is closed at each point of a close with datagrams in the queue, and a new pair is made:
  /// the first close touches nothing of it.
  func testBothEndsCloseAtOnce() {
    for number in 1...3 {
      let (end, other) = pair(datagram)
      for _ in 0..<2 { XCTAssertEqual(send(end, "unread"), 6) }
      let thread = machine.makeThread()
      var new: (UInt32, UInt32) = (0, 0)
      let happens = { [self] in
        machine.run(thread) {
          machine.call(.close, end)
          new = pair(packets)
          XCTAssertEqual(send(new.0, "kept"), 4)
        }
      }
      XCTAssertEqual(at(point: number, happens) { machine.call(.close, other) }, 0)
      if number > 2 { happens() }
      XCTAssertEqual(receive(new.1), "kept")
      close(new.0, new.1)
      machine.run(thread) { machine.call(.exit, 0) }
    }
  }

  func testLostBytesEndAWaitingSendWithTheirError() {
    let (end, other) = pair(stream)
    let thread = machine.makeThread()
    while machine.call(.send, other, long, 0x1000, doNotWait) > 0 {}
    machine.turns.script = [{ [self] in machine.run(thread) { close(end) } }]
    XCTAssertEqual(machine.call(.send, other, long, 0x1000, 0), -104)
    XCTAssertEqual(machine.call(.send, other, long, 0x1000, 0), broken)
    close(other)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  /// Another thread takes all bytes while the pieces of a look are loaded.
  func testLookWaitsAgainAfterAnotherReader() {
    let (end, other) = pair(stream)
    machine.put(words: [long, 0, long, 0x1800, long, 0x1800], at: buffer + 0x400)
    machine.put(words: [0, 0, buffer + 0x400, 3, 0, 0, 0], at: buffer + 0x440)
    let thread = machine.makeThread()
    for number in 1...4 {
      XCTAssertEqual(send(other, "taken"), 5)
      let take = { [self] in machine.run(thread) { XCTAssertEqual(receive(end, 100), "taken") } }
      machine.turns.script = [
        { [self] in machine.run(thread) { XCTAssertEqual(send(other, "new"), 3) } }
      ]
      let seen = at(point: number, take) { machine.call(.recvmsg, end, buffer + 0x440, peek) }
      XCTAssertTrue(seen == 3 || seen == 5, "\(seen)")
      machine.turns.script = []
      _ = receive(end, 100, doNotWait)
    }
    close(end, other)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testShortVectorIsOneStep() {
    let (end, other) = pair(stream)
    machine.put(words: [long, 4, long, 0, long, 100], at: buffer + 0x400)
    var points = 0
    TestContext.atPreemptionPoint = { points += 1 }
    XCTAssertEqual(machine.call(.writev, other, buffer + 0x400, 3), 104)
    let each = points
    machine.put(words: [long, 104], at: buffer + 0x400)
    XCTAssertEqual(machine.call(.writev, other, buffer + 0x400, 1), 104)
    TestContext.atPreemptionPoint = nil
    XCTAssertEqual(each, (points - each) + 2, "those of the check of three pieces")
    close(end, other)
  }

  func testEachFailedAllocationChangesNothing() {
    machine.put([UInt8](repeating: 3, count: 0x3000), at: long)
    machine.put([0], at: buffer)
    let (files, free) = (Services.openFiles.count, machine.pool.freeCount)
    machine.withFrames(0) {
      XCTAssertEqual(machine.call(.socketpair, 1, stream, 0, buffer), noMemory)
    }
    XCTAssertEqual(machine.call(.socketpair, 1, stream, 0, 8), -14)
    XCTAssertEqual(Services.openFiles.count, files)
    XCTAssertEqual(machine.pool.freeCount, free)
    let (end, other) = pair(datagram | nonBlocking)
    let before = machine.pool.freeCount
    for frames: UInt32 in 0...2 {
      machine.withFrames(frames) {
        XCTAssertEqual(machine.call(.write, other, long, 0x3000), -105)
      }
      XCTAssertEqual(machine.pool.freeCount, before)
    }
    machine.put(words: [long, 0x2000, 8, 0x1000], at: buffer + 0x400)
    XCTAssertEqual(machine.call(.writev, other, buffer + 0x400, 2), -14)
    XCTAssertEqual(machine.pool.freeCount, before)
    close(end, other)
    let (one, two) = pair(stream | nonBlocking)
    machine.withFrames(0) { XCTAssertEqual(machine.call(.write, two, long, 0x3000), -105) }
    machine.withFrames(2) { XCTAssertEqual(machine.call(.write, two, long, 0x3000), 0x2000) }
    close(one, two)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testPairWithoutRoomForBothDescriptorsKeepsNone() {
    let files = Services.openFiles.count
    while machine.call(.dup, 0) < 1022 {}
    XCTAssertEqual(machine.call(.socketpair, 1, packets, 0, buffer), -24)
    XCTAssertEqual(Services.openFiles.count, files)
    for descriptor in 3..<1023 { close(UInt32(descriptor)) }
  }

  func testControlMessagesAreRefused() {
    let (end, other) = pair(stream)
    machine.put(words: [buffer + 0x100, 1], at: buffer + 0x400)
    machine.put(words: [0, 0, buffer + 0x400, 1, buffer, 12, 0], at: buffer + 0x440)
    XCTAssertEqual(machine.call(.sendmsg, other, buffer + 0x440, 0), -22)
    XCTAssertEqual(receive(end, 1, doNotWait), "-11")
    close(end, other)
  }

  func testSocketsAloneDoNotExist() {
    for family: UInt32 in [1, 2, 10, 16] {
      XCTAssertEqual(machine.call(.socket, family, 1, 0), -97)
    }
    XCTAssertEqual(machine.call(.socket, 1, 4, 0), -94)
  }
}
