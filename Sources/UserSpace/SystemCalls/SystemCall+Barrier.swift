// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Memory barriers on other CPUs (membarrier(2)).
extension SystemCall {
  /// The commands but the question for them, MEMBARRIER_CMD_QUERY: a bit for each. As on a Linux
  /// without restartable sequences, those for them are missing.
  private enum BarrierCommand {
    /// GLOBAL and GLOBAL_EXPEDITED: the same here.
    static var global: UInt32 { 1 }
    static var globalExpedited: UInt32 { 2 }
    static var registerGlobal: UInt32 { 4 }
    /// PRIVATE_EXPEDITED, and SYNC_CORE: an interrupt synchronises the receiver's instructions, too.
    /// Each follows its registration, whose bit is the next one.
    static var memory: UInt32 { 8 }
    static var registerMemory: UInt32 { 16 }
    static var code: UInt32 { 32 }
    static var registerCode: UInt32 { 64 }
    static var all: UInt32 { 127 }
  }

  /// membarrier: the command, the flags. It holds no lock while other CPUs execute their barriers.
  ///
  /// - Throws: `invalid` for an unknown command, and for flags; `notPermitted` for a program that is
  ///   not registered.
  @inline(__always)
  func memoryBarrier() throws(Errno) -> Word {
    let (command, memory) = (argument(0), process.pointee.memory)
    guard argument(1) == 0 else { throw .invalid }
    switch command {
    case 0: return Word(BarrierCommand.all)
    case BarrierCommand.global, BarrierCommand.globalExpedited: P.executeBarriers(onAll: true)
    case BarrierCommand.registerGlobal: break
    case BarrierCommand.registerMemory, BarrierCommand.registerCode:
      P.enterKernel()
      memory.barriers |= command
      P.leaveKernel()
    case BarrierCommand.memory, BarrierCommand.code:
      guard memory.barriers & command << 1 != 0 else { throw .notPermitted }
      P.executeBarriers(onAll: false)
    default: throw .invalid
    }
    return 0
  }
}
