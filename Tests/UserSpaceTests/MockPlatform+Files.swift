// SPDX-License-Identifier: Apache-2.0
import VmRegion
import VmRegionMocks

@testable import UserSpace

extension MockOf {
  static var openFiles: OpenFiles { state.openFiles }

  static func readConsole(into bytes: inout MutableRawSpan) -> Int {
    let count = min(bytes.byteCount, state.input.count)
    bytes.withUnsafeMutableBytes { $0.copyBytes(from: state.input.prefix(count)) }
    state.input.removeFirst(count)
    return count
  }
  static func awaitConsoleInput() -> UInt32 { UInt32(state.input.count) }
  static func awaitConsoleRoom(for count: UInt32) -> Bool {
    state.consoleRoom >= count
  }

  static var fileSource: FileSource {
    { path, page, frame in
      MockPlatform.files.writePage(
        page, of: path, to: MockMemory.pointer(to: PhysicalFrame(number: frame)))
    }
  }
}
