// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Random numbers that are the same in every run: SplitMix64 (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014). A test that fails once fails again.
public struct Dice: RandomNumberGenerator {
  private var state: UInt64

  /// Dice whose throws `seed` decides.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// Mutation tests make the same few thousand mutations in a normal run; the environment selects
/// others.
extension Dice {
  /// Dice of a test of mutations: with `seed`, or with another for each APUS_FUZZ_SEED.
  public init(fuzzing seed: UInt64) {
    self.init(seed: seed &+ UInt64(Self.setting("APUS_FUZZ_SEED") ?? 0) &* 1000)
  }

  /// How many mutations a test makes: `usual`, or APUS_FUZZ where that is more.
  public static func rounds(_ usual: Int) -> Int { max(usual, Int(setting("APUS_FUZZ") ?? 0)) }

  private static func setting(_ name: String) -> UInt32? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt32($0) }
  }
}
