// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import BootImage
  import PortARMv7A
  import VmRegion

  // SAFETY: the flag is written once, by the first CPU; aligned, so others see the old or the new value.
  /// The text that only the boot runs (`.boot.text` of kernel.ld). Its pages become memory for programs
  /// when the boot is over and the first program is loaded; `vdso-check kernel` has seen to it that
  /// nothing which stays refers to it.
  enum BootText {
    nonisolated(unsafe) private static var isLeft = false

    /// The first CPU has left it. With interrupts masked, so that no task comes before.
    static func leave() {
      ARMv7A.storeBarrier()
      unsafe isLeft = true
    }

    /// Gives it to the frame pool. By the first program's task, which is done with it, too.
    static func giveBack() {
      // Another CPU may have picked this task up while the first one still boots.
      while unsafe !isLeft { ARMv7A.relax() }
      ARMv7A.memoryBarrier()
      let (start, end) = (boot_boot_text_start(), boot_boot_text_end())
      KernelMap.makeData(from: start, to: end)
      Machine.shared.frames.adopt(
        FrameRange(address: LinearMap.physicalAddress(of: start), length: end - start))
    }
  }
#endif
