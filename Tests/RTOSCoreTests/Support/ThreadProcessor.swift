// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore

/// A processor for tests with real threads: each thread is a CPU of its own, with its number and
/// its interrupt mask.
enum ThreadProcessor: Processor {
  /// The per-CPU state of one thread.
  final class Silicon {
    var number: UInt32 = 0
    var isMasked = false
    /// What programs on this CPU read and write.
    var programWord: UInt32 = 0
    /// Runs when interrupts are taken again, as a pending interrupt's handler would.
    var pendingInterrupt: (() -> Void)?
    /// Runs when this CPU waits for another one.
    var relax: () -> Void = { sched_yield() }
  }

  /// The calling thread's.
  static var silicon: Silicon {
    if let known = pthread_getspecific(key) {
      return Unmanaged<Silicon>.fromOpaque(known).takeUnretainedValue()
    }
    let new = Silicon()
    pthread_setspecific(key, Unmanaged.passRetained(new).toOpaque())
    return new
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { own in own.map { Unmanaged<Silicon>.fromOpaque($0).release() } }
    return key
  }()

  static var number: UInt32 { silicon.number }

  static func maskInterrupts() -> InterruptState {
    let silicon = silicon
    defer { silicon.isMasked = true }
    return InterruptState(rawValue: silicon.isMasked ? 1 : 0)
  }

  static func restoreInterrupts(_ state: InterruptState) {
    let silicon = silicon
    silicon.isMasked = state.rawValue != 0
    guard !silicon.isMasked, let handler = silicon.pendingInterrupt else { return }
    silicon.pendingInterrupt = nil
    handler()
  }

  static func memoryBarrier() {}
  static func storeBarrier() {}
  static func relax() { silicon.relax() }
  static func waitForInterrupt() {}
  static func setProgramWord(_ word: UInt32) { silicon.programWord = word }
  static var programWord: UInt32 { silicon.programWord }
}

/// Runs `body(n)` on `count` threads that are CPUs 0 up to `count` - 1, and waits for all.
func onEachOf(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let done = DispatchGroup()
  for number in 0..<count {
    done.enter()
    let thread = Thread {
      ThreadProcessor.silicon.number = UInt32(number)
      body(number)
      done.leave()
    }
    thread.start()
  }
  done.wait()
}
