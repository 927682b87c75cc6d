// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VdsoModule

/// Enters the kits.
public enum KitStart<A: Architecture> {
  /// Checks the kits of `builtIn` and of the initrd by the rules of the machine, and logs them. The
  /// machine has `cpuCount` CPUs, and the board of this name. Called once, before the first program.
  public static func run<Rules: KitRules>(
    _ builtIn: ImmortalBytes, by rules: Rules.Type, cpuCount: Int, board: StaticString
  ) {
    let facts = KitFacts(
      possibleCount: UInt32(cpuCount), slotCount: UInt32(ProcessTable<UserServices<A>>.capacity),
      tickHertz: A.system.ticks.configuration.hertz, board: board)
    KitRegistry<UserServices<A>>.load(builtIn, facts) { (bytes) throws(KitImage.Violation) in
      try Rules.checkKit(bytes)
    }
  }
}
