// SPDX-License-Identifier: Apache-2.0
// The figure of two coroutines that yield to each other, as kits.c prints its own: in instructions,
// which are nanoseconds under QEMU's `-icount shift=0`.

import CoroutineSupport

@main
struct Yields {
  static func main() {
    guard Tasks.prepare(capacity: 2, policy: .fifo) else { exit(1) }
    let calls: UInt64 = 500
    var least = UInt64.max
    for _ in 0..<2 {
      _ = Tasks.spawn {
        for _ in 0..<20 {
          let begun = coroutine_time()
          for _ in 0..<calls { Tasks.yield() }
          least = min(least, coroutine_time() - begun)
        }
      }
    }
    guard Tasks.run(workers: 1) == 1 else { exit(1) }
    // Each call of one is a call of the other, too.
    print("coroutine_yield \(least / (2 * calls)).0")
  }
}
