// SPDX-License-Identifier: Apache-2.0
/// A handle to an object that does not move: the kernel has no heap, and an object with waiters
/// must keep its address.
///
/// Copies of the handle refer to the same object. Only the scheduler accesses the object, under its
/// lock.
@safe public struct ObjectHandle<Object: ~Copyable> {
  /// The object's address.
  let object: UnsafeMutablePointer<Object>

  /// A handle to the initialised object at `address`, which must not move while a handle exists.
  public init(at address: UnsafeMutablePointer<Object>) {
    // SAFETY: the caller keeps the object at this address.
    unsafe self.object = address
  }

  /// The object's wait queue, which is the first field of every object that tasks wait for.
  var queue: UnsafeMutablePointer<WaitQueue> {
    // SAFETY: a struct's first field is at the struct's address.
    unsafe UnsafeMutableRawPointer(object).assumingMemoryBound(to: WaitQueue.self)
  }
}
