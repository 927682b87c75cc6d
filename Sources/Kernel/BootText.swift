// SPDX-License-Identifier: Apache-2.0
import BootImage
import PortARMv7A
import System
import VmRegion

// SAFETY: the flag is an aligned byte, written once, by the first CPU; other CPUs read the old or
// the new value.
/// The text that only the boot runs (`.boot.text` of kernel.ld). Its pages become free memory
/// after the boot, when the first program is loaded. `vdso-check kernel` verifies that no code
/// outside refers to it.
enum BootText {
  nonisolated(unsafe) private static var isLeft = false

  /// Records that the first CPU has left the boot text. Interrupts are masked, so that no task
  /// runs before.
  static func leave() {
    ARMv7A.storeBarrier()
    unsafe isLeft = true
  }

  /// Frees the pages to the frame pool. Called by the first program's task after its own last
  /// use.
  static func free() {
    // Another CPU may have picked this task up while the first one still boots.
    while unsafe !isLeft { ARMv7A.relax() }
    ARMv7A.memoryBarrier()
    let (start, end) = (boot_boot_text_start(), boot_boot_text_end())
    KernelMap.makeData(from: start, to: end)
    KernelArchitecture.system.frames.adopt(
      FrameRange(address: LinearMap.physicalAddress(of: start), length: end - start))
  }
}
