// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Where execve has put a program's arguments, environment and auxiliary vector (the fields of
/// Linux's mm_struct). The program may change or unmap them.
struct ProgramStrings {
  /// The strings of the arguments, each with its terminating zero.
  var arguments: Range<UserAddress> = 0..<0
  /// The strings of the environment.
  var environment: Range<UserAddress> = 0..<0
  /// The auxiliary vector, with the terminating pair.
  var vector: Range<UserAddress> = 0..<0
  /// The initial stack pointer.
  var stack: UserAddress = 0
}
