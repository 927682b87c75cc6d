// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

extension RegisterServices {
  /// Stores a siginfo, whose words after the known ones are 0. False if the memory is not writable
  /// for the program.
  @inline(never)
  static func store(_ info: SignalInfo, at address: UserAddress) -> Bool {
    var words = info.record(ABI.Long.self)
    var part: Word = 0
    while part < SignalInfo.size {
      // Wrapping: the sum is checked.
      guard let range = UserRange(base: address &+ part, count: 32) else { return false }
      // SAFETY: the words are as many bytes as the range has.
      let isDone = unsafe withUnsafeBytes(of: &words) { bytes in
        unsafe User.copyOut(bytes.baseAddress.unsafelyUnwrapped, to: range)
      }
      guard isDone else { return false }
      words = InlineArray(repeating: 0)
      part += 32
    }
    return true
  }
}
