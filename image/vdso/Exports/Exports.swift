// SPDX-License-Identifier: Apache-2.0
// The functions that programs find in the image, under the names of Linux' 32-bit ARM vDSO and of
// LiteOS. Which version node each belongs to stands in exports.map.

import VdsoImageSupport

// SAFETY: the buffer is the program's own; the kernel makes the function fail with a bad one.
/// `clock_gettime` with 64-bit seconds.
@c(__vdso_clock_gettime64)
public func clockGettime64(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.clockGettime64(clock, time, ImagePage())
}

// SAFETY: the buffer is the program's own; the kernel makes the function fail with a bad one.
/// `clock_gettime` with 32-bit seconds.
@c(__vdso_clock_gettime)
public func clockGettime(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.clockGettime(clock, time, ImagePage())
}

// SAFETY: the buffer is the program's own; the kernel makes the function fail with a bad one.
/// `clock_getres` with 64-bit seconds.
@c(__vdso_clock_getres_time64)
public func clockGetres64(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.clockGetres64(clock, resolution, ImageResolutions())
}

// SAFETY: the buffer is the program's own; the kernel makes the function fail with a bad one.
/// `clock_getres` with 32-bit seconds.
@c(__vdso_clock_getres)
public func clockGetres(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.clockGetres(clock, resolution, ImageResolutions())
}

// SAFETY: the buffer is the program's own; the kernel makes the function fail with a bad one.
/// `gettimeofday`.
@c(__vdso_gettimeofday)
public func gettimeofday(
  _ time: UnsafeMutableRawPointer?, _ zone: UnsafeMutableRawPointer?
) -> Int32 {
  unsafe ImageClocks.gettimeofday(time, zone, ImagePage())
}

// SAFETY: the buffer is the program's own; the kernel makes the function fail with a bad one.
/// `time` with 32 bits.
@c(__vdso_time)
public func time(_ seconds: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.time(seconds, ImagePage())
}

// SAFETY: the buffers are the program's own; the kernel makes the function fail with a bad one.
/// `getcpu`; what was a cache once is not looked at.
@c(__vdso_getcpu)
public func getcpu(
  _ processor: UnsafeMutableRawPointer?, _ node: UnsafeMutableRawPointer?,
  _ unused: UnsafeMutableRawPointer?
) -> Int32 {
  unsafe ImageClocks.getcpu(processor, node, vdso_image_processor())
}

// SAFETY: the buffer is the program's own; the kernel makes the function fail with a bad one.
/// What LiteOS' libc calls: -1 where the page has no answer.
@c(VdsoClockGettime)
public func liteosClockGettime(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.liteosClockGettime(clock, time, ImagePage())
}
