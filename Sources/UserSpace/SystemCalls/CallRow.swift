// SPDX-License-Identifier: Apache-2.0
import RTOSCore

extension SystemCall {
  /// A row of the call table.
  struct Row {
    /// Makes the call: returns its result, or throws.
    typealias Function = (SystemCall) throws(Errno) -> Word

    let needs: CallNeeds
    let function: Function

    @inline(__always)
    init(needs: CallNeeds = .kernelLock, _ function: @escaping Function) {
      self.needs = needs
      self.function = function
    }
  }
}
