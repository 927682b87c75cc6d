// SPDX-License-Identifier: Apache-2.0
// The build of this kernel: ld.lld's build id, a hash of the linked ELF file.
#if arch(arm)
  import BootImage
  import RTOSCore

  /// The build id in the kernel's own GNU note, by which `make symbolize` finds the ELF file.
  public enum KernelBuild {
    /// Appends `build id` and the id's first eight bytes as 16 hexadecimal digits. Takes no lock,
    /// and may be called in any state.
    public static func write(to line: inout LogLine) {
      line.text("build id ")
      for offset: UInt32 in [16, 20] {
        // SAFETY: kernel.ld places the note, aligned and read-only: 16 bytes of header, then the
        // id.
        let word = unsafe UnsafePointer<UInt32>(bitPattern: UInt(boot_build_id_start() + offset))
        line.hexadecimal(unsafe word.unsafelyUnwrapped.pointee.byteSwapped)
      }
    }
  }
#endif
