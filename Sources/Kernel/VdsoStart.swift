// SPDX-License-Identifier: Apache-2.0
import BootImage
import PortARMv7A
import RTOSCore
import System
import VdsoModule

/// `OsVdsoInit` on this machine: checks the vDSO image inside the kernel image, logs the result,
/// and makes the kernel's alias of the image read-only.
enum VdsoStart {
  /// Checks and installs the vDSO.
  ///
  /// - Returns: 0, or an error status: then programs have no vDSO and make system calls.
  static func run() -> UInt32 {
    let vdso = checked()
    KernelSystem.setVdso(vdso)
    Log.line(vdso.logLine)
    // The vvar page stays writable for the tick; the code after it is final now.
    KernelMap.makeReadOnly(from: boot_vdso_text_start(), to: boot_vdso_text_end())
    switch vdso.state {
    case .on(let image):
      system.publisher.writer.setBuildID(image.buildID)
      return Status.ok.rawValue
    case .off(.commandLine): return Status.ok.rawValue
    case .off(.image(let flaw)): return Status(.error, .system, flaw.rawValue).rawValue
    case .off: return Status(.error, .system, 0xff).rawValue
    }
  }

  private static func checked() -> Vdso {
    if system.options.isVdsoForbidden { return Vdso(off: .commandLine) }
    guard system.publisher.writer.isPublished else { return Vdso(off: .noTime) }
    return Vdso(
      image: image, by: A32Rules.self, expecting: expectedBuild,
      at: LinearMap.physicalAddress(of: boot_vdso_text_start()),
      pageAt: LinearMap.physicalAddress(of: boot_vdso_data_start()))
  }

  /// The vDSO image with its padding.
  static var image: RawSpan {
    @_lifetime(immortal)
    get {
      // SAFETY: the linker's symbols bound the image and its padding, which are never written.
      let start = unsafe UnsafeRawPointer(bitPattern: UInt(boot_vdso_text_start()))
      let span = unsafe RawSpan(
        _unsafeStart: start.unsafelyUnwrapped,
        byteCount: Int(boot_vdso_text_end() - boot_vdso_text_start()))
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// The build id of the vDSO image that this kernel was linked with (image/boot/vdso_image.S).
  private static var expectedBuild: BuildID {
    // SAFETY: the linker's symbol is the start of 20 bytes of read-only data.
    let bytes = unsafe UnsafeRawPointer(bitPattern: UInt(boot_vdso_id_start())).unsafelyUnwrapped
    return BuildID(
      bytes: InlineArray { unsafe bytes.load(fromByteOffset: $0, as: UInt8.self) })
  }
}
