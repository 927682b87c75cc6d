// SPDX-License-Identifier: Apache-2.0
#if APUS_WORD_64
  /// The machine word of programs, as below, on a machine whose programs have registers of 64 bits.
  /// The manifest defines `APUS_WORD_64` if the environment has `APUS_WORD=64`.
  public typealias Word = UInt64
#else
  /// The machine word of programs: what one of their registers holds.
  ///
  /// Registers, lengths in bytes and the bits of a program's address have this type, because they
  /// are as wide as the programs' registers. What a record defines as 32 bits wide stays a
  /// `UInt32`.
  public typealias Word = UInt32
#endif
