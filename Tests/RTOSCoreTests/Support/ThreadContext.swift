// SPDX-License-Identifier: Apache-2.0
import Foundation

@testable import RTOSCore

/// A context switch between real threads of which one runs at a time: a task's stack is a thread,
/// and a switch hands it the baton. All of them are CPU 0.
enum ThreadContext: ContextSwitch {
  nonisolated(unsafe) static var runningTask: TaskNumber = 0
  nonisolated(unsafe) static var isRescheduleDue = false
  static var isInInterrupt: Bool { false }
  /// One for each stack; a stack pointer is an index here, counted from 1.
  nonisolated(unsafe) private static var batons: [Baton] = []

  /// A semaphore that ThreadSanitizer knows.
  private final class Baton: @unchecked Sendable {
    private let condition = NSCondition()
    private var isUp = false

    func pass() {
      condition.lock()
      isUp = true
      condition.signal()
      condition.unlock()
    }

    func take() {
      condition.lock()
      while !isUp { condition.wait() }
      isUp = false
      condition.unlock()
    }
  }

  static func switchStack(
    saving saved: UnsafeMutablePointer<KernelAddress>, to newStack: KernelAddress
  ) {
    let mine = Baton()
    batons.append(mine)
    saved.pointee = KernelAddress(UInt(batons.count))
    batons[Int(newStack.bits) - 1].pass()
    mine.take()
  }

  static func prepareStack(
    top: KernelAddress, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> KernelAddress {
    let first = Baton()
    batons.append(first)
    let thread = Thread {
      first.take()
      ThreadProcessor.silicon.isMasked = true
      entry(argument)
    }
    thread.start()
    return KernelAddress(UInt(batons.count))
  }

  static func activate(addressSpace: UInt64) {}
}
