// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore
import VmRegion
import VmRegionMocks

/// A processor for each thread: its number is the one that the thread set.
enum RaceProcessor: Processor {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// Makes the calling thread the CPU `number`.
  static func become(_ number: UInt32) {
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: UInt(number) + 1))
  }

  static var number: UInt32 { UInt32(UInt(bitPattern: pthread_getspecific(key)) - 1) }
  static func maskInterrupts() -> InterruptState { InterruptState(rawValue: 0) }
  static func restoreInterrupts(_ state: InterruptState) {}
  static func memoryBarrier() {}
  static func storeBarrier() {}
  static func relax() { sched_yield() }
  static func waitForInterrupt() {}
}

/// Table, TLBs and memory of several CPUs. An access with its translation is one step, and so is a
/// change of the table: TLB maintenance with its barriers promises that.
final class RaceHardware: @unchecked Sendable {
  private let bus = NSLock()
  private var mappings: [VirtualPage: Translation] = [:]

  /// Runs `body` on the frame of `page` if that allows `access`; nil where it faults.
  func access<Result>(
    _ page: VirtualPage, _ access: Access, _ body: (UnsafeMutableRawPointer) -> Result
  ) -> Result? {
    bus.withLock {
      guard let there = mappings[page], there.permissions.allows(access) else { return nil }
      return body(MockMemory.pointer(to: there.frame))
    }
  }

  func lookup(_ page: VirtualPage) -> Translation? { bus.withLock { mappings[page] } }

  func set(_ page: VirtualPage, _ translation: Translation?) -> Translation? {
    bus.withLock {
      let old = mappings[page]
      mappings[page] = translation
      return old
    }
  }

  func next(from page: VirtualPage, below limit: VirtualPage) -> VirtualPage? {
    bus.withLock {
      mappings.keys.map(\.number).filter { $0 >= page.number && $0 < limit.number }.min()
        .map { VirtualPage(number: $0) }
    }
  }
}

/// The translation table of `RaceHardware`.
struct RaceMMU: MMU, ~Copyable {
  let hardware: RaceHardware
  /// Whether a frame has no holder.
  let isFree: (PhysicalFrame) -> Bool
  /// Reports a violation.
  let complain: (String) -> Void

  mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) {
    _ = hardware.set(page, Translation(frame: frame, permissions: permissions))
  }

  /// Takes its time before it has an effect, as maintenance of other CPUs' TLBs does.
  mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? {
    usleep(20)
    if let there = hardware.lookup(page), isFree(there.frame) {
      complain("a frame was freed before its page was unmapped")
    }
    return hardware.set(page, nil)?.frame
  }

  mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    guard let there = hardware.lookup(page) else { return }
    _ = hardware.set(page, Translation(frame: there.frame, permissions: permissions))
  }

  borrowing func lookup(_ page: VirtualPage) -> Translation? { hardware.lookup(page) }

  borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? { hardware.next(from: page, below: limit) }

  mutating func release() -> Bool { true }
}
