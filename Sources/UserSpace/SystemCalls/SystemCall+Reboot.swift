// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// reboot.
extension SystemCall {
  /// reboot: two magic numbers and a command (reboot(2)). LINUX_REBOOT_CMD_RESTART, HALT and
  /// POWER_OFF power the machine off, with the status 0: QEMU is run so that a restart would, too.
  /// The console has then sent all bytes.
  ///
  /// - Throws: `invalid` for other magic numbers and commands.
  @inline(__always)
  func reboot() throws(Errno) -> Word {
    guard argument(0) == 0xfee1_dead else { throw .invalid }
    switch argument(1) {
    case 672_274_793, 85_072_278, 369_367_448, 537_993_216: break
    default: throw .invalid
    }
    switch argument(2) {
    // CAD_OFF, CAD_ON: there is no such key.
    case 0, 0x89ab_cdef: break
    case 0x0123_4567, 0xcdef_0123, 0x4321_fedc: P.end(.exited(0))
    default: throw .invalid
    }
    return 0
  }
}
