// SPDX-License-Identifier: Apache-2.0
// A kit called by Swift code of the kernel, by the module that programs import.
import vstat

/// Bytes of a page, from the kit vstat; 0 if it is not bound.
@c(test_swift_page_size)
func testSwiftPageSize() -> UInt32 { vstat_kit_bind() == .noError ? vstat_page_size() : 0 }
