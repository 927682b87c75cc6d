// SPDX-License-Identifier: Apache-2.0
// The exported functions of the image, under the names of Linux' 32-bit ARM vDSO and of LiteOS.
// Their symbol versions are in exports.map.

import VdsoImageSupport

// SAFETY: the caller passes its own buffer; if it is bad, the kernel makes the call return -EFAULT.
/// `clock_gettime` with 64-bit seconds; 0 or a negative error number.
@c(__vdso_clock_gettime64)
public func clockGettime64(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.clockGettime64(clock, time, ImagePage())
}

// SAFETY: the caller passes its own buffer; if it is bad, the kernel makes the call return -EFAULT.
/// `clock_gettime` with 32-bit seconds; 0 or a negative error number.
@c(__vdso_clock_gettime)
public func clockGettime(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.clockGettime(clock, time, ImagePage())
}

// SAFETY: the caller passes its own buffer; if it is bad, the kernel makes the call return -EFAULT.
/// `clock_getres` with 64-bit seconds; 0 or a negative error number.
@c(__vdso_clock_getres_time64)
public func clockGetres64(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.clockGetres64(clock, resolution, ImageResolutions())
}

// SAFETY: the caller passes its own buffer; if it is bad, the kernel makes the call return -EFAULT.
/// `clock_getres` with 32-bit seconds; 0 or a negative error number.
@c(__vdso_clock_getres)
public func clockGetres(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.clockGetres(clock, resolution, ImageResolutions())
}

// SAFETY: the caller passes its own buffer; if it is bad, the kernel makes the call return -EFAULT.
/// `gettimeofday`; 0 or a negative error number.
@c(__vdso_gettimeofday)
public func gettimeofday(
  _ time: UnsafeMutableRawPointer?, _ zone: UnsafeMutableRawPointer?
) -> Int32 {
  unsafe ImageClocks.gettimeofday(time, zone, ImagePage())
}

// SAFETY: the caller passes its own buffer; if it is bad, the kernel makes the call return -EFAULT.
/// `time` with 32 bits: the seconds or a negative error number.
@c(__vdso_time)
public func time(_ seconds: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.time(seconds, ImagePage())
}

// SAFETY: the caller passes its own buffers; if one is bad, the kernel makes the call return
// -EFAULT.
/// `getcpu`; 0 or a negative error number. The third argument, once a cache, is ignored.
@c(__vdso_getcpu)
public func getcpu(
  _ processor: UnsafeMutableRawPointer?, _ node: UnsafeMutableRawPointer?,
  _ unused: UnsafeMutableRawPointer?
) -> Int32 {
  unsafe ImageClocks.getcpu(processor, node, vdso_image_processor())
}

// SAFETY: the caller passes its own buffer; if it is bad, the kernel makes the call return -EFAULT.
/// The function that LiteOS' libc calls: 0, or -1 if the pages have no answer.
@c(VdsoClockGettime)
public func liteosClockGettime(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
  unsafe ImageClocks.liteosClockGettime(clock, time, ImagePage())
}
