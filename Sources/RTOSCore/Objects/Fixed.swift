// SPDX-License-Identifier: Apache-2.0
/// An object that stays where it is: the kernel has no heap, and what tasks wait for must not move.
///
/// It is a handle: copies of it lead to the same object. The object is reached only by the scheduler,
/// under its lock.
@safe public struct Fixed<Object: ~Copyable> {
  /// Where it stands.
  let place: UnsafeMutablePointer<Object>

  /// The initialised object at `place`, which stays there as long as anybody holds a handle.
  public init(at place: UnsafeMutablePointer<Object>) {
    // SAFETY: the caller keeps the object where it is.
    unsafe self.place = place
  }

  /// The object's queue: the first field of everything that tasks wait for.
  var queue: UnsafeMutablePointer<WaitQueue> {
    // SAFETY: a struct's first field stands at the struct's address.
    unsafe UnsafeMutableRawPointer(place).assumingMemoryBound(to: WaitQueue.self)
  }
}
