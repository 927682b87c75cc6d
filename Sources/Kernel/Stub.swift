#if hasFeature(Embedded)
import TickHandler
import RTOSCore
import VmRegion
import PortARMv7A
enum UserKernel {
  static func handleSystemCall(_ p: UnsafeMutableRawPointer) {}
  static func handleFault(_ t: Trap, _ p: UnsafeMutableRawPointer, at: UInt32, _ a: Access) {}
  static func resolveFault(at: UInt32, _ a: Access) -> Bool { false }
}
#endif
