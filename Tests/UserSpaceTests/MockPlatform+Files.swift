// SPDX-License-Identifier: Apache-2.0
import VmRegion
import VmRegionMocks

@testable import UserSpace

extension MockPlatform {
  static var fileSource: FileSource {
    { path, page, frame in
      MockPlatform.files.writePage(
        page, of: path, to: MockMemory.pointer(to: PhysicalFrame(number: frame)))
    }
  }
}
