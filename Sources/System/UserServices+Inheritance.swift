// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// Mutexes that stand for futexes with an owner.
extension UserServices {
  /// Blocks as `wait(until:)` does; meanwhile the owner of `mutex` inherits the urgency of the
  /// running task.
  @inline(never)
  public static func wait(for mutex: ObjectHandle<Mutex>, until deadline: UInt64) throws(Errno) {
    var isDeadlock = false
    wait(until: deadline) {
      do throws(WaitError) { try A.system.scheduler.block(for: mutex) } catch { isDeadlock = true }
    }
    if isDeadlock { throw .deadlock }
  }

  /// Makes a task that is in `wait` wait for `mutex` instead.
  public static func move(_ task: TaskNumber, to mutex: ObjectHandle<Mutex>) throws(Errno) {
    do throws(WaitError) {
      try A.system.scheduler.move(task, to: mutex)
    } catch {
      throw .deadlock  // The only error.
    }
  }

  /// Gives `mutex` to another task, or with nil to none.
  public static func setOwner(_ owner: TaskNumber?, of mutex: ObjectHandle<Mutex>) {
    A.system.scheduler.setOwner(owner, of: mutex)
  }

  /// The most urgent task that waits for `mutex`; nil if none does at the moment.
  public static func firstWaiter(for mutex: ObjectHandle<Mutex>) -> TaskNumber? {
    A.system.scheduler.firstWaiter(for: mutex)
  }
}
