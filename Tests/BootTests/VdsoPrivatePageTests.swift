// SPDX-License-Identifier: Apache-2.0
import XCTest

/// The per-process page on the machine: CPU clocks, getcpu and the process's identity, without
/// system calls.
final class VdsoPrivatePageTests: BootTestCase {
  func testCPUClocksAndGetcpuNeedNoSystemCall() throws {
    let program = try Programs.build("vdso_process_page")
    for (options, arguments) in [([], []), (["--icount"], ["short"])] as [([String], [String])] {
      let outcome = try Machine.run(program: program, arguments: arguments, options: options)
      assertStatus(outcome, 0)
      assertOneLine(outcome, "vdso_process_page: ")
    }
  }
}
