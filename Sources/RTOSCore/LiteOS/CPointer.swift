// SPDX-License-Identifier: Apache-2.0
/// A pointer that C code passed to a function of the interface, after the check for NULL.
///
/// As in every C interface, the caller vouches that it points to a valid value until the call
/// returns. The conversion is the one unsafe step; it is made where a function begins.
@safe struct CPointer<Value> {
  private let address: UnsafeMutablePointer<Value>

  /// Converts a pointer of the C caller; nil for NULL.
  @inline(__always)
  init?(_ address: UnsafeMutablePointer<Value>?) {
    // SAFETY: the C caller passes NULL or a valid pointer.
    guard let address = unsafe address else { return nil }
    unsafe self.address = address
  }

  /// Converts a pointer to a value that the function only reads; nil for NULL.
  @inline(__always)
  init?(_ address: UnsafePointer<Value>?) {
    // SAFETY: the C caller passes NULL or a valid pointer.
    guard let address = unsafe address else { return nil }
    unsafe self.address = UnsafeMutablePointer(mutating: address)
  }

  /// The caller's value.
  var value: Value {
    // SAFETY: the C caller vouches for the value during the call.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address) }
    // SAFETY: the C caller vouches for the value during the call.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe address }
  }

  /// A handle to the kernel's object at a byte offset in a C object. The caller knows that the C
  /// object is initialised, so that there is one.
  // SAFETY: the caller knows the type at this offset; the C object does not move until its Destroy.
  @unsafe @inline(__always)
  func object<Object>(
    _ type: Object.Type = Object.self, at offset: Int = 0
  ) -> ObjectHandle<Object> {
    unsafe ObjectHandle(
      at: (UnsafeMutableRawPointer(address) + offset).assumingMemoryBound(to: Object.self))
  }
}
