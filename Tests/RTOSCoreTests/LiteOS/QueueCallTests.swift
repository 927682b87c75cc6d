// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

final class QueueCallTests: LiteOSTestCase {
  private func make(_ length: UInt16 = 2, _ size: UInt16 = 8) -> UInt32 {
    var number: UInt32 = 99
    XCTAssertEqual(los.queueCreate(length, &number, size), LOS_OK)
    return number
  }

  private var text: UnsafeMutableRawPointer { memory }
  private var buffer: UnsafeMutableRawPointer { memory + 64 }

  func testErrorCodes() {
    let (empty, full) = (make(), make(1))
    let deleted = make()
    XCTAssertEqual(los.queueDelete(deleted), LOS_OK)
    XCTAssertEqual(los.queueWriteCopy(full, text, 8, LOS_NO_WAIT), LOS_OK)
    var number: UInt32 = 99
    var info = QUEUE_INFO_S()
    func read(_ queue: UInt32, _ size: UInt32, _ timeout: UInt32 = LOS_NO_WAIT) -> UInt32 {
      var size = size
      return self.los.queueReadCopy(queue, self.buffer, &size, timeout)
    }
    func write(_ queue: UInt32, _ size: UInt32, _ timeout: UInt32 = LOS_NO_WAIT) -> UInt32 {
      self.los.queueWriteCopy(queue, self.text, size, timeout)
    }
    let cases: [(UInt32, String, () -> UInt32)] = [
      (LOS_ERRNO_QUEUE_CREAT_PTR_NULL, "create", { self.los.queueCreate(1, nil, 8) }),
      (LOS_ERRNO_QUEUE_SIZE_TOO_BIG, "create", { self.los.queueCreate(1, &number, 0xfffc) }),
      (LOS_ERRNO_QUEUE_PARA_ISZERO, "create", { self.los.queueCreate(0, &number, 8) }),
      (LOS_ERRNO_QUEUE_PARA_ISZERO, "create", { self.los.queueCreate(1, &number, 0) }),
      (LOS_ERRNO_QUEUE_CREATE_NO_MEMORY, "create", { self.los.queueCreate(600, &number, 8) }),
      (LOS_ERRNO_QUEUE_CREATE_NO_MEMORY, "all", { self.los.queueCreate(.max, &number, 0xfffb) }),
      (LOS_ERRNO_QUEUE_NOT_FOUND, "delete", { self.los.queueDelete(3) }),
      (LOS_ERRNO_QUEUE_NOT_CREATE, "delete", { self.los.queueDelete(deleted) }),
      (LOS_ERRNO_QUEUE_INVALID, "read", { read(3, 8) }),
      (LOS_ERRNO_QUEUE_NOT_CREATE, "read", { read(deleted, 8) }),
      (LOS_ERRNO_QUEUE_READ_PTR_NULL, "read", { self.los.queueReadCopy(empty, nil, &number, 0) }),
      (
        LOS_ERRNO_QUEUE_READ_PTR_NULL, "read",
        { self.los.queueReadCopy(empty, self.buffer, nil, 0) }
      ),
      (LOS_ERRNO_QUEUE_READSIZE_IS_INVALID, "read", { read(empty, 0) }),
      (LOS_ERRNO_QUEUE_READSIZE_IS_INVALID, "read", { read(empty, 0xfffc) }),
      (LOS_ERRNO_QUEUE_READ_SIZE_TOO_SMALL, "read", { read(full, 7) }),
      (LOS_ERRNO_QUEUE_READ_IN_INTERRUPT, "read", { self.inInterrupt { read(empty, 8, 1) } }),
      (LOS_ERRNO_QUEUE_ISEMPTY, "read", { read(empty, 8) }),
      (LOS_ERRNO_QUEUE_PEND_IN_LOCK, "read", { self.locked { read(empty, 8, 1) } }),
      (LOS_ERRNO_QUEUE_INVALID, "write", { write(3, 8) }),
      (LOS_ERRNO_QUEUE_NOT_CREATE, "write", { write(deleted, 8) }),
      (LOS_ERRNO_QUEUE_WRITE_PTR_NULL, "write", { self.los.queueWriteCopy(empty, nil, 8, 0) }),
      (LOS_ERRNO_QUEUE_WRITE_PTR_NULL, "write", { self.los.queueWrite(empty, nil, 0) }),
      (LOS_ERRNO_QUEUE_WRITESIZE_ISZERO, "write", { write(empty, 0) }),
      (LOS_ERRNO_QUEUE_WRITE_SIZE_TOO_BIG, "write", { write(empty, 9) }),
      (LOS_ERRNO_QUEUE_WRITE_IN_INTERRUPT, "write", { self.inInterrupt { write(empty, 8, 1) } }),
      (LOS_ERRNO_QUEUE_ISFULL, "write", { write(full, 8) }),
      (LOS_ERRNO_QUEUE_PEND_IN_LOCK, "write", { self.locked { write(full, 8, 1) } }),
      (LOS_ERRNO_QUEUE_PTR_NULL, "info", { self.los.queueInfoGet(empty, nil) }),
      (LOS_ERRNO_QUEUE_INVALID, "info", { self.los.queueInfoGet(3, &info) }),
      (LOS_ERRNO_QUEUE_NOT_CREATE, "info", { self.los.queueInfoGet(deleted, &info) }),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
    XCTAssertEqual(number, 99)
    XCTAssertEqual(los.queueWriteCopy(empty, text, 1, LOS_NO_WAIT), LOS_OK)
    XCTAssertEqual(make() & 0xffff, 2)
    refuses(LOS_ERRNO_QUEUE_CB_UNAVAILABLE) { self.los.queueCreate(1, &number, 8) }
  }

  func testQueueWithWaitersIsNotDeletedAndWaitsTimeOut() {
    let queue = make(1)
    start(21)
    waits { self.los.queueRead(queue, self.buffer, 8, 2) }
    refuses(LOS_ERRNO_QUEUE_IN_TSKUSE, "a reader") { self.los.queueDelete(queue) }
    tick(to: 2)
    XCTAssertEqual(bench.records[2].outcome, .timedOut)
    XCTAssertEqual(los.queueWriteCopy(queue, text, 8, LOS_NO_WAIT), LOS_OK)
    waits { self.los.queueWriteCopy(queue, self.text, 8, 2) }
    refuses(LOS_ERRNO_QUEUE_IN_TSKUSE, "a writer") { self.los.queueDelete(queue) }
    var info = QUEUE_INFO_S()
    XCTAssertEqual(los.queueInfoGet(queue, &info), LOS_OK)
    XCTAssertEqual(info.uwWaitWriteTask, 1 << 2)
    tick(to: 4)
    XCTAssertEqual(bench.records[2].outcome, .timedOut)
    XCTAssertEqual(los.queueDelete(queue), LOS_OK, "with a message in it")
    XCTAssertEqual(los.state.pool.statistics.usedBlocks, 0)
  }

  func testMessagesArriveInOrderAndUrgentOnesFirst() {
    let queue = make(3)
    for byte: UInt8 in [1, 2] {
      text.storeBytes(of: byte, as: UInt8.self)
      XCTAssertEqual(los.queueWriteCopy(queue, text, 1, LOS_NO_WAIT), LOS_OK)
    }
    text.storeBytes(of: 9, as: UInt8.self)
    XCTAssertEqual(
      inInterrupt { self.los.queueWriteCopy(queue, self.text, 1, LOS_NO_WAIT, isUrgent: true) },
      LOS_OK)
    var info = QUEUE_INFO_S()
    XCTAssertEqual(los.queueInfoGet(queue, &info), LOS_OK)
    XCTAssertEqual(
      [info.usQueueLen, info.usQueueSize, info.usReadableCnt, info.usWritableCnt], [3, 12, 3, 0])
    for byte: UInt8 in [9, 1, 2] {
      var size: UInt32 = 8
      XCTAssertEqual(los.queueReadCopy(queue, buffer, &size, LOS_NO_WAIT), LOS_OK)
      XCTAssertEqual(size, 1)
      XCTAssertEqual(buffer.load(as: UInt8.self), byte)
    }
    XCTAssertEqual(los.queueWrite(queue, text, LOS_NO_WAIT), LOS_OK)
    XCTAssertEqual(los.queueRead(queue, buffer, 8, LOS_NO_WAIT), LOS_OK)
    XCTAssertEqual(buffer.load(as: UnsafeMutableRawPointer.self), text, "the address itself")
  }
}
