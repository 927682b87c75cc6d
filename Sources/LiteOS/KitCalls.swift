// SPDX-License-Identifier: Apache-2.0
import Kernel
import RTOSCore
import System
import UserSpace

// SAFETY: the caller passes a name of `length` bytes, and room for an address and a size.
/// Maps the kit `name` for code of the kernel (image/kits/include/kit_map_kernel.h). Returns 0, or
/// an `enum kit_error`; `base` and `size` are then unchanged.
@c(OsKitMap)
func osKitMap(
  _ name: UnsafePointer<UInt8>, _ length: UInt, _ base: UnsafeMutablePointer<UInt>,
  _ size: UnsafeMutablePointer<UInt>
) -> UInt32 {
  do throws(KernelKitRefusal) {
    let kit = try unsafe KernelKits<KernelArchitecture>.map(
      Span(_unsafeStart: name, count: Int(length)))
    unsafe (base.pointee, size.pointee) = (kit.base.bits, kit.size)
    return 0
  } catch {
    return error.rawValue
  }
}
