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
      for index: UInt32 in [0, 1] { line.hexadecimal(word(index)) }
    }

    #if DEBUG || WATCH
      /// The id's first eight bytes.
      public static var identity: UInt64 { UInt64(word(0)) << 32 | UInt64(word(1)) }
    #endif

    /// The id's word with this index, as its bytes are read.
    private static func word(_ index: UInt32) -> UInt32 {
      // Wrapping: an address in the image.
      let place = boot_build_id_start() &+ 16 &+ 4 &* index
      // SAFETY: kernel.ld places the note, aligned and read-only: 16 bytes of header, then the id.
      let word = unsafe UnsafePointer<UInt32>(bitPattern: UInt(place))
      return unsafe word.unsafelyUnwrapped.pointee.byteSwapped
    }
  }
#endif
