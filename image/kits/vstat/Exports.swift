// SPDX-License-Identifier: Apache-2.0
// The kit vstat: what the machine is.

import KitSupport

private var machine: KernelWritten<vstat_page> { KernelWritten() }

/// The CPUs that run.
@c @implementation public func vstat_cpus() -> UInt32 { machine.cpusOnline }
/// The CPUs that the kernel has room for or that the board has, whichever is less.
@c @implementation public func vstat_possible_cpus() -> UInt32 { machine.cpusPossible }
/// Bytes of a page.
@c @implementation public func vstat_page_size() -> UInt32 { machine.pageSize }
/// Ticks in a second.
@c @implementation public func vstat_tick_hz() -> UInt32 { machine.tickHz }
/// Bytes of RAM that the kernel manages.
@c @implementation public func vstat_memory() -> UInt64 { machine.memoryBytes }
/// The most processes at a time.
@c @implementation public func vstat_max_processes() -> UInt32 { machine.maxProcesses }
/// The most open files of a process.
@c @implementation public func vstat_max_open_files() -> UInt32 { machine.maxOpenFiles }
/// The most regions of an address space.
@c @implementation public func vstat_max_regions() -> UInt32 { machine.maxRegions }

// SAFETY: the caller passes its own buffer of `size` bytes.
/// Writes the board's name, 32 bytes: 0, or the error if `size` is less.
@c @implementation
public func vstat_board(_ name: UnsafeMutablePointer<CChar>!, _ size: UInt32) -> Int32 {
  unsafe copy(machine.board, to: name, size)
}

// SAFETY: the caller passes its own buffer of `size` bytes.
/// Writes the kernel's release, 32 bytes: 0, or the error if `size` is less.
@c @implementation
public func vstat_release(_ name: UnsafeMutablePointer<CChar>!, _ size: UInt32) -> Int32 {
  unsafe copy(machine.release, to: name, size)
}

// SAFETY: the caller passes its own buffer of `size` bytes, of which 32 are written.
/// Copies all 32 bytes of a terminated text: 0, or the error if they do not fit.
private func copy(
  _ text: PageArray<CChar>, to buffer: UnsafeMutablePointer<CChar>?, _ size: UInt32
) -> Int32 {
  guard let buffer = unsafe buffer, size >= 32 else { return KitError.outOfRange.answer }
  let words = UnsafeMutableRawPointer(buffer)
  for index in 0..<8 as Range<UInt32> {
    unsafe words.storeBytes(
      of: text.word(index &* 4), toByteOffset: Int(index &* 4), as: UInt32.self)
  }
  return 0
}
