// SPDX-License-Identifier: Apache-2.0
/// What a thread has said of itself by prctl.
struct ThreadTraits {
  /// The number of the signal that it gets when the thread ends that made its process; 0 for none.
  var deathSignal: UInt32 = 0
  /// How many nanoseconds late it may be woken, and what that was when it was made. Here it is woken
  /// when its time has come; only what was said is kept.
  var slack: UInt32 = 50_000
  var firstSlack: UInt32 = 50_000
  /// No exec may give it more rights; none does.
  var hasNoNewPrivileges = false

  /// What a thread that it makes begins with.
  var inherited: ThreadTraits {
    ThreadTraits(slack: slack, firstSlack: slack, hasNoNewPrivileges: hasNoNewPrivileges)
  }
}
