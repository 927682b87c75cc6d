// SPDX-License-Identifier: Apache-2.0
import Board
import BootImage
import PortARMv7A
import RTOSCore
import UserSpace
import VdsoModule

// SAFETY: the loader's memory is RAM, which stays mapped, and is never written, as the caller of
// `of` checks; the linker's symbols bound the image and its build ID, which are never written.
/// What the loader and the linker have left in memory.
enum BootBytes {
  /// The bytes of a physical range of RAM, which lies in the linear map.
  static func of(_ range: PhysicalRange) -> ImmortalBytes {
    bytes(from: LinearMap.address(of: range.base), count: range.byteCount)
  }

  /// The bytes of a range of the device tree; none for nil.
  static func of(_ range: BlobRange?) -> ImmortalBytes {
    guard let range else { return ImmortalBytes() }
    return of(PhysicalRange(base: boot_device_tree() + range.offset, byteCount: range.byteCount))
  }

  /// The vDSO image with its padding.
  static var vdsoImage: ImmortalBytes {
    bytes(
      from: boot_vdso_text_start(), count: boot_vdso_text_end() - boot_vdso_text_start())
  }

  /// The build ID of the vDSO image that this kernel was linked with (image/boot/vdso_image.S).
  static var vdsoBuildID: BuildID {
    let text = bytes(from: boot_vdso_id_start(), count: 20).text
    return BuildID(bytes: InlineArray { text[$0] })
  }

  /// The kits that this kernel was linked with (image/boot/kits.S).
  static var kits: ImmortalBytes {
    bytes(from: boot_kits_start(), count: boot_kits_end() - boot_kits_start())
  }

  private static func bytes(from address: UInt32, count: UInt32) -> ImmortalBytes {
    let start = unsafe UnsafeRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped
    return unsafe ImmortalBytes(start: start, count: Int(count))
  }
}
