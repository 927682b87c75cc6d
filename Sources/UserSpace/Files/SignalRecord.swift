// SPDX-License-Identifier: Apache-2.0

/// A signalfd_siginfo of 128 bytes (linux/signalfd.h), the same for programs of 32 and 64 bits.
///
///      0  ssi_signo, ssi_errno, ssi_code, ssi_pid, ssi_uid     40  ssi_status, ssi_int
///     24  ssi_tid                                              48  ssi_ptr, ssi_utime, ssi_stime
///     32  ssi_overrun                                          72  ssi_addr
struct SignalRecord {
  private var words = InlineArray<32, UInt32>(repeating: 0)

  /// The record of a signal; what its code does not define is 0.
  init(_ info: borrowing SignalInfo) {
    for index in 0..<3 { words[index] = info.words[index] }
    if info.code == SignalInfo.byTimer {
      words[6] = info.words[3]
      words[8] = info.words[4]
      setValue(info.words[5])
    } else if info.code > 0, info.code != SignalInfo.byKernel, info.signal == .child {
      setSender(info)
      words[10] = info.words[5]
      words[14] = info.words[6]
      words[16] = info.words[7]
    } else if info.code > 0, info.code != SignalInfo.byKernel {
      words[18] = info.words[3]
      words[19] = info.words[4]
    } else {
      setSender(info)
      if info.code < 0 { setValue(info.words[5]) }
    }
  }

  private mutating func setSender(_ info: borrowing SignalInfo) {
    words[3] = info.words[3]
    words[4] = info.words[4]
  }

  private mutating func setValue(_ value: UInt32) {
    words[11] = value
    words[12] = value
  }

  /// Writes the record to the first 128 bytes of `bytes`.
  func write(to bytes: inout MutableRawSpan) {
    for index in 0..<32 {
      bytes.storeBytes(of: words[index], toByteOffset: index * 4, as: UInt32.self)
    }
  }
}
