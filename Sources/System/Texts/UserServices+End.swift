// SPDX-License-Identifier: Apache-2.0
import UserSpace

extension UserServices {
  /// Powers the machine off after the first process has ended, when the console has sent all bytes.
  /// A debug kernel writes its trace first, if the command line asks for it.
  public static func end(_ end: ProcessEnd) {
    flushConsole()
    #if DEBUG
      TraceDump<A>.finish()
    #endif
    A.Control.powerOff(status: UInt32(bitPattern: end.shellStatus))
  }
}
