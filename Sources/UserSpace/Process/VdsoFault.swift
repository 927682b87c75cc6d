// SPDX-License-Identifier: Apache-2.0
import VdsoModule
import VmRegion

// SAFETY: the frame belongs to the running thread's fault, the process is the thread's own, and
// both live until the fault is handled.
/// Handles a faulting store that vDSO code makes through its caller's pointer. The outcome must be
/// that of the system call: an unaligned store is completed, and one to inaccessible memory makes
/// the function return -EFAULT.
///
/// On a machine where programs cannot read the counter, the vDSO's read of it is emulated here,
/// too.
///
/// Only faults in the vDSO's code are handled. No program can change that code, and the verifier
/// has proved that its unwind table undoes a frame at every instruction.
public enum VdsoFault<P: Platform> {
  /// Handles a fault of a store or of a counter read in the vDSO, so that the program can continue.
  /// False for any other fault, and if the caller cannot be found. Takes up to 9,000 instructions.
  @inline(never)
  public static func handle(
    _ fault: UserFault, _ frame: UnsafeMutablePointer<P.ABI.Registers>,
    _ process: ProcessReference<P>
  ) -> Bool {
    guard let mapping = process.pointee.vdsoMapping,
      unsafe frame.pointee.programCounter.word &- mapping.header.word < mapping.size
    else { return false }
    if case .memory(let address, let access) = fault {
      switch process.pointee.space.handleFault(at: address, access) {
      case .resolved: return true
      case .outOfMemory: return false
      default: break
      }
    }
    return unsafe P.ABI.completeVdsoAccess(&frame.pointee, in: mapping, P.self)
  }
}
