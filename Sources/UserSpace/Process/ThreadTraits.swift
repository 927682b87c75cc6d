// SPDX-License-Identifier: Apache-2.0
/// The attributes of a thread that prctl sets.
struct ThreadTraits {
  /// The signal that the thread gets when the thread ends that created its process
  /// (PR_SET_PDEATHSIG); 0 for none.
  var deathSignal: UInt32 = 0
  /// The timer slack in nanoseconds, and its initial value: a wait of a thread that is not
  /// real-time may end that much later, together with the next tick (PR_SET_TIMERSLACK).
  var slack: UInt32 = 50_000
  var firstSlack: UInt32 = 50_000
  /// PR_SET_NO_NEW_PRIVS. It has no effect, because exec never adds privileges.
  var hasNoNewPrivileges = false

  /// The attributes that a new thread or process inherits.
  var inherited: ThreadTraits {
    ThreadTraits(slack: slack, firstSlack: slack, hasNoNewPrivileges: hasNoNewPrivileges)
  }
}
