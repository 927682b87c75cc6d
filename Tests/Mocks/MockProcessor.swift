import RTOSCore

/// A processor for host tests: one CPU whose interrupts are a flag nobody looks at.
public enum MockProcessor: Processor {
  public static var number: UInt32 { 0 }
  public static func maskInterrupts() -> InterruptState { InterruptState(rawValue: 0) }
  public static func restoreInterrupts(_ state: InterruptState) {}
  public static func memoryBarrier() {}
  public static func storeBarrier() {}
  public static func relax() {}
  public static func waitForInterrupt() {}
}
