// SPDX-License-Identifier: Apache-2.0
/// The errors of this module. The list is closed: each layer above has one table that maps it to
/// errno values or LiteOS statuses.
public enum MemoryError: Error, Equatable, Sendable {
  /// No free frame, no free address range or too many regions; also mprotect over a hole (ENOMEM).
  case outOfMemory
  /// An argument that is invalid in any address space: length 0, misaligned, wrap-around (EINVAL).
  case invalid
  /// The range touches a sealed mapping, or lies below the user range (EPERM).
  case notPermitted
  /// The range is already mapped, and the caller excluded replacement (EEXIST).
  case exists
  /// The request exceeds the region's maximum permissions (EACCES).
  case accessDenied
  /// The address is not mapped, or does not allow this access (EFAULT).
  case fault
}
