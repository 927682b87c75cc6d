// SPDX-License-Identifier: Apache-2.0
// The kernel functions that the C code of the test kernel calls to print and to measure.
import Kernel
import System

// SAFETY: C code passes text of `count` bytes.
/// Writes text to the console's device, past its lock, which would count as masked time.
@c(test_write)
func testWrite(_ text: UnsafePointer<UInt8>, _ count: Int) {
  for index in 0..<count { while !KernelConsole.offer(unsafe text[index]) {} }
}

/// The instruction counter, which has an arbitrary start.
@c(test_instructions)
func testInstructions() -> UInt32 { KernelArchitecture.instructionCount }

extension Architecture {
  fileprivate static var instructionCount: UInt32 {
    @inline(__always) get { Control.instructionCount }
  }
}

/// Turns the watch on the first CPU's masked times on or off; only a build with WATCH has
/// one.
@c(test_watch)
func testWatch(_ isOn: Bool) {
  #if WATCH
    KernelArchitecture.setWatched(isOn)
  #endif
}

/// The longest watched time in instructions for which the scheduler's and the objects' locks
/// masked interrupts, or for which an interrupt was served; 0 without a watch.
@c(test_longest_masked)
func testLongestMasked() -> UInt32 {
  #if WATCH
    return KernelArchitecture.longestMasked
  #else
    return 0
  #endif
}
