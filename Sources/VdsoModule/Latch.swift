// SPDX-License-Identifier: Apache-2.0
// The latch: the mechanism by which one writer changes data while others read it, without a lock and
// without waiting on either side. It knows nothing of what the data are.
//
// Source: Linux, include/linux/seqlock.h, "latch sequence counters".

/// The memory of a latch. A reader may run between any two of these steps.
protocol LatchMemory {
  /// Reads the 32-bit word at a byte offset that is a multiple of 4.
  func word(at offset: UInt32) -> UInt32
  /// Writes the 32-bit word at a byte offset that is a multiple of 4, with exactly one store.
  func setWord(_ value: UInt32, at offset: UInt32)
  /// Orders earlier loads before later loads (`dmb ish`).
  func loadBarrier()
  /// Orders earlier stores before later stores (`dmb ishst`).
  func storeBarrier()
}

/// Two banks with the same data, and a count of half-updates whose lowest bit selects the bank that
/// readers use: the one that is not being written. This is no lock: the caller serialises writers.
struct Latch<Memory: LatchMemory> {
  /// The memory with the banks and the count.
  let memory: Memory
  /// The byte offset of the count, one word.
  private let count: UInt32

  /// A latch whose count is at byte offset `count` of `memory`.
  @inline(__always)
  init(_ memory: Memory, count: UInt32) {
    self.memory = memory
    self.count = count
  }

  /// Runs `body` on bank 0 and then on bank 1. Each run stores the same data in its bank, so a reader
  /// gets all of the old data or all of the new.
  @inline(__always)
  func write(_ body: (_ bank: UInt32) -> Void) {
    // An odd count means that the last writer never finished: bank 0 is incomplete and readers use
    // bank 1. Starting again with bank 0 is then correct.
    let odd = memory.word(at: count) | 1
    memory.storeBarrier()
    memory.setWord(odd, at: count)
    memory.storeBarrier()
    body(0)
    memory.storeBarrier()
    memory.setWord(odd &+ 1, at: count)  // Wrapping: only parity counts.
    memory.storeBarrier()
    body(1)
  }

  /// Runs `body` on the bank that the count selects, and again if the count changed meanwhile.
  ///
  /// - Returns: nil if it changed in each of three passes.
  func read<Value>(_ body: (_ bank: UInt32) -> Value) -> Value? {
    for _ in 0..<3 {
      let before = memory.word(at: count)
      memory.loadBarrier()
      let value = body(before & 1)
      memory.loadBarrier()
      if memory.word(at: count) == before { return value }
    }
    return nil
  }
}
