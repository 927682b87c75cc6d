// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VdsoModule
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

extension Machine {
  /// Starts /init with n frames, for every n that the boot can do with until it loads: each time,
  /// all frames are freed.
  static func missFrames(of initrd: [UInt8]) throws {
    var failures = 0
    for frames in UInt32(2)... {
      let machine = try Machine(initrd: initrd, frames: frames)
      System<MockArchitecture>.setVdso(Vdso(off: .commandLine))
      do throws(ProgramFailure) {
        _ = try machine.start()
        XCTAssertEqual(machine.release(), 0)
        break
      } catch {
        XCTAssertEqual(error, .cannotStart(.outOfMemory))
        failures += 1
      }
      XCTAssertEqual(machine.pool.freeCount, machine.freeAtFirst, "\(frames) frames")
    }
    XCTAssertGreaterThanOrEqual(failures, 4)
  }

  /// Runs `body` while only `count` frames are free.
  func withFrames(_ count: UInt32, _ body: () -> Void) {
    var taken: [PhysicalFrame] = []
    while pool.freeCount > count, let frame = try? pool.allocate(zeroed: false) {
      taken.append(frame)
    }
    body()
    taken.forEach { pool.release($0) }
  }
}
