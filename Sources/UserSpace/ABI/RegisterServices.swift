// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The running task's registers that are not in its trap frame. Unless a requirement says
/// otherwise, it is called with interrupts on and no spin lock held.
public protocol RegisterServices: MemoryServices {
  /// The binary interface of the programs.
  associatedtype ABI: ProgramABI

  /// The current value of the counter that the vDSO reads.
  static var counter: UInt64 { get }

  /// Stores the floating-point registers of the running task.
  @unsafe static func storeFloats(to state: UnsafeMutablePointer<ABI.FloatState>)

  /// Loads the floating-point registers of the running task, whose control register must be valid
  /// for a program.
  @unsafe static func loadFloats(from state: UnsafePointer<ABI.FloatState>)

  /// The running task's thread pointer register.
  static var threadPointer: Word { get }

  /// Sets the running task's thread pointer register.
  static func setThreadPointer(_ value: Word)

  /// Clears the running task's registers that are not in a trap frame, for a new program: the
  /// floating-point registers and the thread pointer.
  static func resetRegisters()
}
