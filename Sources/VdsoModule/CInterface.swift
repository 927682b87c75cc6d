// SPDX-License-Identifier: Apache-2.0
// The vDSO's LiteOS entry points, for C code in the kernel. A portable module cannot name the port,
// so each function calls through a binding that the kernel installs at boot. Before that there is
// no vDSO.

import RTOSCore

// SAFETY: the pointers are only stored here; the functions that they point to check their
// arguments.
/// The functions behind the C entry points.
@safe public struct VdsoBinding {
  /// Checks the image and logs `vdso: …`; `LOS_OK` or the status of a bad image.
  public let initialize: @convention(c) () -> UInt32
  /// Maps the vDSO into a process, given by the kernel's own structure. Returns the address of the
  /// ELF header, or 0 after changing nothing.
  public let load: @convention(c) (UnsafeMutableRawPointer) -> UInt32
  /// Samples the clock and publishes the result: `Timekeeper.update`.
  public let update: @convention(c) () -> Void

  /// A binding of its three functions.
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

  /// Sets the functions that the C entry points call; nil removes them (tests). Boot only: nothing
  /// is locked.
  public static func install(_ binding: VdsoBinding?) {
    // SAFETY: only boot code on the first CPU, or a test on one thread, calls this.
    unsafe installed = binding
  }

  /// The installed binding, if any.
  fileprivate static var current: VdsoBinding? {
    // SAFETY: read-only after boot, so a read races with no write.
    unsafe installed
  }
}

// SAFETY: no pointer is involved; the binding's function is safe to call.
/// Checks the image, at module-init level KMOD_EXTENDED (Kernel/ModuleEntries). Returns `LOS_OK`,
/// or a status after which programs have no vDSO and everything else works.
@c(OsVdsoInit)
public func osVdsoInit() -> UInt32 {
  VdsoBinding.current?.initialize() ?? Status.failed.rawValue
}

// SAFETY: `process` is passed to the binding, which knows its type, and is not dereferenced here.
/// Maps the vDSO into `process`.
///
/// - Returns: the address of the ELF header; 0 after changing nothing if there is no vDSO or no
///   room.
@c(OsVdsoLoad)
public func osVdsoLoad(_ process: UnsafeMutableRawPointer?) -> UInt32 {
  guard let process = unsafe process, let binding = VdsoBinding.current else { return 0 }
  return unsafe binding.load(process)
}

// SAFETY: no pointer is involved; the binding's function is safe to call.
/// Updates the time page. The tick does this itself; other callers need it after time was lost or
/// set.
@c(OsVdsoTimevalUpdate)
public func osVdsoTimevalUpdate() {
  VdsoBinding.current?.update()
}
