// SPDX-License-Identifier: Apache-2.0
/// A handle to an object that does not move: the kernel has no heap, and an object with waiters
/// must keep its address.
///
/// Copies of the handle refer to the same object. A handle alone gives no access: the object is
/// reached through the scheduler's state, as `state[handle]`, thus under the scheduler's lock.
@safe public struct ObjectHandle<Object: ~Copyable>: Equatable {
  /// The object's address.
  let object: UnsafeMutablePointer<Object>

  /// A handle to the initialised object at `address`, which must not move while a handle exists.
  @inline(__always)
  public init(at address: UnsafeMutablePointer<Object>) {
    // SAFETY: the caller keeps the object at this address.
    unsafe self.object = address
  }

  /// True when both handles refer to the same object.
  @inline(__always)
  public static func == (left: ObjectHandle, right: ObjectHandle) -> Bool {
    // SAFETY: the addresses are only compared.
    unsafe left.object == right.object
  }
}

/// An object that tasks wait for. Its first field is its `WaitQueue`, or the first of several.
protocol WaitedObject {}

extension ObjectHandle where Object: WaitedObject {
  /// The object's first wait queue.
  var queue: ObjectHandle<WaitQueue> {
    // SAFETY: the queue is the first field of every `WaitedObject`, at the object's address, and
    // stays in place with the object.
    @inline(__always) get {
      unsafe ObjectHandle<WaitQueue>(
        at: UnsafeMutableRawPointer(object).assumingMemoryBound(to: WaitQueue.self))
    }
  }
}

extension TaskSet {
  /// The object of a handle.
  ///
  /// The scheduler's lock protects the set (`Guarded`), so code that has the set holds the lock. An
  /// access to an object is an access to the set, so two of them cannot overlap.
  subscript<Object>(_ handle: ObjectHandle<Object>) -> Object {
    // SAFETY: a handle's object is initialised and does not move; the scheduler's lock and the
    // exclusive access to the set make this the only access.
    @inline(__always) mutating unsafeAddress { unsafe UnsafePointer(handle.object) }
    // SAFETY: a handle's object is initialised and does not move; the scheduler's lock and the
    // exclusive access to the set make this the only access.
    @inline(__always) unsafeMutableAddress { unsafe handle.object }
  }
}
