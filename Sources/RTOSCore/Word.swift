// SPDX-License-Identifier: Apache-2.0
/// The machine word of programs: what one of their registers holds.
///
/// Registers, lengths in bytes and the bits of a program's address have this type, because they are
/// as wide as the programs' registers. What a record defines as 32 bits wide stays a `UInt32`.
public typealias Word = UInt32
