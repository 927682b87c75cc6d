// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import Synchronization

/// Memory barriers that a CPU asks of others (membarrier). It waits for them without a lock, with
/// interrupts on: so two CPUs may ask each other.
struct ProcessorBarriers<CPU: Processor>: ~Copyable {
  /// The CPUs that have to execute one, bit n for CPU n.
  private let pending = Atomic<UInt32>(0)

  /// Returns when each of `cpus` has executed a memory barrier since the call. `interrupt` sends them
  /// an interrupt whose handler calls `execute`.
  @inline(__always)
  borrowing func request(of cpus: CpuMask, interrupt: (CpuMask) -> Void) {
    pending.bitwiseOr(cpus.rawValue, ordering: .sequentiallyConsistent)
    interrupt(cpus)
    while pending.load(ordering: .acquiring) & cpus.rawValue != 0 { CPU.relax() }
  }

  /// Executes a memory barrier on this CPU if one was requested. Called in an interrupt.
  @inline(__always)
  borrowing func execute() {
    let bit: UInt32 = 1 &<< CPU.number
    guard pending.load(ordering: .relaxed) & bit != 0 else { return }
    // The barrier: the ordering of this exchange.
    pending.bitwiseAnd(~bit, ordering: .sequentiallyConsistent)
  }
}
