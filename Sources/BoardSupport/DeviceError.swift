// SPDX-License-Identifier: Apache-2.0
/// Why a device of the tree is not used.
public enum DeviceError: Error, Equatable {
  /// The driver needs more register blocks than the device has.
  case tooFewBlocks
  /// This register block overlaps another one of the device.
  case overlap(PhysicalRange)
  /// This register block overlaps main memory.
  case inMemory(PhysicalRange)
  /// No device windows are left for this register block.
  case noWindow(PhysicalRange)
  /// The driver does not support this device.
  case refused

  /// The error's text for a log line.
  public var reason: StaticString {
    switch self {
    case .tooFewBlocks: "it has too few register blocks"
    case .overlap: "its register blocks overlap"
    case .inMemory: "its registers are in main memory"
    case .noWindow: "its registers do not fit the device windows"
    case .refused: "its driver does not support it"
    }
  }
}
