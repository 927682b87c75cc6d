// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

final class MutexCallTests: LiteOSTestCase {
  private func allocate<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
    let place = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    place.initialize(to: value)
    addTeardownBlock { place.deallocate() }
    return place
  }

  private func make(_ type: Int = LOS_MUX_RECURSIVE) -> UnsafeMutablePointer<LosMux> {
    let mutex = allocate(LosMux())
    var attribute = LosMuxAttr()
    XCTAssertEqual(los.muxAttrInit(&attribute), LOS_OK)
    XCTAssertEqual(los.muxAttrSetType(&attribute, Int32(type)), LOS_OK)
    XCTAssertEqual(los.muxInit(mutex, &attribute), LOS_OK)
    return mutex
  }

  func testCObjectsHaveRoomForTheState() {
    XCTAssertLessThanOrEqual(MemoryLayout<Mutex>.size, 32)
    XCTAssertLessThanOrEqual(MemoryLayout<ReadWriteLock>.size, 20)
    XCTAssertEqual(MemoryLayout<EventFlags>.size, MemoryLayout<EVENT_CB_S>.size)
  }

  func testMutexAttributeErrorCodes() {
    var attribute = LosMuxAttr()
    var value: Int32 = 77
    XCTAssertEqual(los.muxAttrInit(nil), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrDestroy(nil), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrInit(&attribute), LOS_OK)
    XCTAssertEqual(los.muxAttrGetType(nil, &value), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrGetType(&attribute, nil), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrSetType(nil, 0), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrSetType(&attribute, 3), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrSetType(&attribute, -1), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrGetProtocol(nil, &value), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrGetProtocol(&attribute, nil), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrSetProtocol(nil, 0), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrSetProtocol(&attribute, 3), LOS_EINVAL)
    XCTAssertEqual(value, 77)
    XCTAssertEqual(los.muxAttrGetType(&attribute, &value), LOS_OK)
    XCTAssertEqual(value, Int32(LOS_MUX_RECURSIVE))
    attribute.type = 9
    XCTAssertEqual(los.muxAttrGetType(&attribute, &value), LOS_EINVAL)
    XCTAssertEqual(los.muxAttrDestroy(&attribute), LOS_OK)
  }

  func testErrorCodes() {
    let none = allocate(LosMux())
    let (recursive, normal, checking) = (make(), make(LOS_MUX_NORMAL), make(LOS_MUX_ERRORCHECK))
    var ceiling = LosMuxAttr()
    _ = los.muxAttrInit(&ceiling)
    XCTAssertEqual(los.muxAttrSetProtocol(&ceiling, Int32(LOS_MUX_PRIO_PROTECT)), LOS_OK)
    XCTAssertEqual(los.muxLock(normal, LOS_WAIT_FOREVER), LOS_OK)
    XCTAssertEqual(los.muxLock(checking, LOS_WAIT_FOREVER), LOS_OK)
    let cases: [(UInt32, String, () -> UInt32)] = [
      (LOS_EINVAL, "init", { self.los.muxInit(nil, nil) }),
      (LOS_EINVAL, "init, protocol", { self.los.muxInit(none, &ceiling) }),
      (LOS_EBUSY, "init, locked", { self.los.muxInit(normal, nil) }),
      (LOS_EINVAL, "destroy", { self.los.muxDestroy(nil) }),
      (LOS_EBADF, "destroy", { self.los.muxDestroy(none) }),
      (LOS_EBUSY, "destroy", { self.los.muxDestroy(normal) }),
      (LOS_EINVAL, "lock", { self.los.muxLock(nil, LOS_WAIT_FOREVER) }),
      (LOS_EBADF, "lock", { self.los.muxLock(none, LOS_WAIT_FOREVER) }),
      (LOS_EINTR, "lock", { self.inInterrupt { self.los.muxLock(recursive, LOS_NO_WAIT) } }),
      (LOS_EDEADLK, "lock again, checking", { self.los.muxLock(checking, LOS_WAIT_FOREVER) }),
      (LOS_EDEADLK, "lock again, normal", { self.los.muxLock(normal, LOS_WAIT_FOREVER) }),
      (LOS_EINVAL, "try", { self.los.muxTrylock(nil) }),
      (LOS_EBADF, "try", { self.los.muxTrylock(none) }),
      (LOS_EINTR, "try", { self.inInterrupt { self.los.muxTrylock(recursive) } }),
      (LOS_EBUSY, "try again", { self.los.muxTrylock(checking) }),
      (LOS_EINVAL, "unlock", { self.los.muxUnlock(nil) }),
      (LOS_EBADF, "unlock", { self.los.muxUnlock(none) }),
      (LOS_EPERM, "unlock, free", { self.los.muxUnlock(recursive) }),
      (LOS_EINTR, "unlock", { self.inInterrupt { self.los.muxUnlock(normal) } }),
      (0, "valid", { self.los.muxIsValid(nil) + self.los.muxIsValid(none) }),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
    // Another task comes.
    let other = start(19)
    XCTAssertEqual(running, other)
    refuses(LOS_EINVAL, "no wait") { self.los.muxLock(normal, LOS_NO_WAIT) }
    refuses(LOS_EBUSY, "try") { self.los.muxTrylock(normal) }
    refuses(LOS_EPERM, "unlock another's") { self.los.muxUnlock(normal) }
    refuses(LOS_EDEADLK, "locked") { self.locked { self.los.muxLock(normal, 5) } }
    XCTAssertEqual(los.muxLock(recursive, LOS_NO_WAIT), LOS_OK)
    waits { self.los.muxLock(normal, LOS_WAIT_FOREVER) }
    XCTAssertEqual(bench.records[2].urgency.priority.rawValue, 19, "it inherits")
    refuses(LOS_EDEADLK, "a ring") { self.los.muxLock(recursive, LOS_WAIT_FOREVER) }
    XCTAssertEqual(los.muxUnlock(normal), LOS_OK)
    XCTAssertEqual(running, other)
    XCTAssertEqual(los.muxIsValid(normal), 1)
  }

  func testMutexCountsAndIsInvalidAfterDestroy() {
    let mutex = make()
    XCTAssertEqual(los.muxLock(mutex, LOS_NO_WAIT), LOS_OK)
    XCTAssertEqual(los.muxTrylock(mutex), LOS_OK)
    XCTAssertEqual(los.muxUnlock(mutex), LOS_OK)
    refuses(LOS_EBUSY) { self.los.muxDestroy(mutex) }
    XCTAssertEqual(los.muxUnlock(mutex), LOS_OK)
    XCTAssertEqual(los.muxDestroy(mutex), LOS_OK)
    refuses(LOS_EBADF) { self.los.muxLock(mutex, LOS_NO_WAIT) }
    XCTAssertEqual(los.muxInit(mutex, nil), LOS_OK)
  }

  func testWaitEndsWithItsTicks() {
    let mutex = make()
    XCTAssertEqual(los.muxLock(mutex, LOS_NO_WAIT), LOS_OK)
    let other = start(19)
    waits { self.los.muxLock(mutex, 2) }
    tick(to: 2)
    XCTAssertEqual(bench.records[Int(other)].outcome, .timedOut)
    XCTAssertEqual(bench.records[2].urgency.priority.rawValue, 20)
  }

  func testReadWriteLockErrorCodes() {
    let (none, lock) = (allocate(LosRwlock()), allocate(LosRwlock()))
    XCTAssertEqual(los.rwlockInit(lock), LOS_OK)
    typealias Call = (UnsafeMutablePointer<LosRwlock>?) -> UInt32
    let calls: [(String, Call)] = [
      ("read", { self.los.rwlockRead($0, LOS_WAIT_FOREVER) }),
      ("try to read", { self.los.rwlockRead($0, LOS_NO_WAIT, isTry: true) }),
      ("write", { self.los.rwlockWrite($0, LOS_WAIT_FOREVER) }),
      ("try to write", { self.los.rwlockWrite($0, LOS_NO_WAIT, isTry: true) }),
      ("unlock", { self.los.rwlockUnlock($0) }),
    ]
    for (name, call) in calls {
      refuses(LOS_EINVAL, name) { call(nil) }
      refuses(LOS_EBADF, name) { call(none) }
      refuses(LOS_EINTR, name) { self.inInterrupt { call(lock) } }
      refuses(LOS_EPERM, name) { self.inSystemTask { call(lock) } }
    }
    refuses(LOS_EINVAL, "init") { self.los.rwlockInit(nil) }
    refuses(LOS_EPERM, "init twice") { self.los.rwlockInit(lock) }
    refuses(LOS_EINVAL, "destroy") { self.los.rwlockDestroy(nil) }
    refuses(LOS_EBADF, "destroy") { self.los.rwlockDestroy(none) }
    refuses(LOS_EPERM, "unlock, free") { self.los.rwlockUnlock(lock) }
    XCTAssertEqual(los.rwlockWrite(lock, LOS_NO_WAIT), LOS_OK)
    refuses(LOS_EBUSY, "destroy") { self.los.rwlockDestroy(lock) }
    refuses(LOS_EINVAL, "read, writer") { self.los.rwlockRead(lock, LOS_WAIT_FOREVER) }
    refuses(LOS_EINVAL, "read, writer") { self.los.rwlockRead(lock, LOS_NO_WAIT, isTry: true) }
    let other = start(19)
    XCTAssertEqual(running, other)
    refuses(LOS_EINVAL, "no wait") { self.los.rwlockRead(lock, LOS_NO_WAIT) }
    refuses(LOS_EBUSY, "try") { self.los.rwlockRead(lock, LOS_NO_WAIT, isTry: true) }
    refuses(LOS_EINVAL, "no wait") { self.los.rwlockWrite(lock, LOS_NO_WAIT) }
    refuses(LOS_EBUSY, "try") { self.los.rwlockWrite(lock, LOS_NO_WAIT, isTry: true) }
    refuses(LOS_EDEADLK, "locked") { self.locked { self.los.rwlockWrite(lock, 3) } }
    refuses(LOS_EPERM, "another's") { self.los.rwlockUnlock(lock) }
    waits { self.los.rwlockRead(lock, 3) }
    tick(to: 3)
    XCTAssertEqual(bench.records[Int(other)].outcome, .timedOut)
    XCTAssertEqual(los.taskDelete(other), LOS_OK)
    XCTAssertEqual(los.rwlockUnlock(lock), LOS_OK)
    XCTAssertEqual(los.rwlockIsValid(lock), 1)
    XCTAssertEqual(los.rwlockDestroy(lock), LOS_OK)
    XCTAssertEqual(los.rwlockIsValid(lock) + los.rwlockIsValid(nil), 0)
  }
}
