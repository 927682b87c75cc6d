// SPDX-License-Identifier: Apache-2.0
// The vDSO under its LiteOS names, for C code of the kernel. A portable module cannot name the
// port, so each function goes through a binding that the kernel installs at boot. Before that there
// is no vDSO.

import RTOSCore

// SAFETY: the functions behind the pointers keep their own promises; storing them touches nothing.
/// What stands behind the C names.
@safe public struct VdsoBinding {
  /// Checks the image and says `vdso: …` on the log; `LOS_OK` or the status of a bad image.
  public let initialize: @convention(c) () -> UInt32
  /// Maps the vDSO into a process, which is the kernel's own structure; the address of the ELF
  /// header, or 0 and nothing changed.
  public let load: @convention(c) (UnsafeMutableRawPointer) -> UInt32
  /// Takes a sample and publishes it: `Timekeeper.update`.
  public let update: @convention(c) () -> Void

  /// A binding of its parts.
  public init(
    initialize: @escaping @convention(c) () -> UInt32,
    load: @escaping @convention(c) (UnsafeMutableRawPointer) -> UInt32,
    update: @escaping @convention(c) () -> Void
  ) {
    self.initialize = initialize
    unsafe self.load = unsafe load
    self.update = update
  }

  // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
  nonisolated(unsafe) private static var installed: VdsoBinding?

  /// Says what the C names stand for from now on; nil takes it back (tests).
  public static func install(_ binding: VdsoBinding?) {
    // SAFETY: see the declaration.
    unsafe installed = binding
  }

  /// What is installed.
  fileprivate static var current: VdsoBinding? {
    // SAFETY: see the declaration.
    unsafe installed
  }
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// Checks the image, at module-init level KMOD_EXTENDED (Kernel/ModuleEntries). `LOS_OK`, or a
/// status after which programs have no vDSO and all else works.
@c(OsVdsoInit)
public func osVdsoInit() -> UInt32 {
  VdsoBinding.current?.initialize() ?? Status.failed.rawValue
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// Maps the vDSO into `process`.
///
/// - Returns: the address of the ELF header; 0 if there is none or no room, and nothing changed.
@c(OsVdsoLoad)
public func osVdsoLoad(_ process: UnsafeMutableRawPointer?) -> UInt32 {
  guard let process = unsafe process, let binding = VdsoBinding.current else { return 0 }
  return unsafe binding.load(process)
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// Brings the time page up to date. The tick does so itself; others call it when time was lost or
/// set.
@c(OsVdsoTimevalUpdate)
public func osVdsoTimevalUpdate() {
  VdsoBinding.current?.update()
}
