// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks

/// A translation table walk as the manual describes it, written from ARM DDI 0406C B3.5 and not
/// from the encoder: what a CPU with TTBCR.N = 1, SCTLR.AFE = 0 and SCTLR.TRE = 0 would do.
struct SoftwareWalker: Sendable {
  /// The result of a walk.
  enum Result: Equatable {
    case fault(level: Int)
    case page(Attributes)
    case section(Attributes)
  }

  struct Attributes: Equatable {
    var physical: UInt32
    var programMayRead = false
    var programMayWrite = false
    var kernelMayWrite = false
    var programMayExecute = false
    var kernelMayExecute = false
    var isGlobal = false
    var isShareable = false
    var isNormalWriteBackAllocate = false
    var isDevice = false
    var domain: UInt32 = 0
  }

  /// The word at a physical address.
  let read: @Sendable (UInt32) -> UInt32

  /// Walks from the 8 KiB table at physical `root` for a program's address.
  func walk(_ address: UInt32, root: UInt32) -> Result {
    precondition(root % 8192 == 0 && address < 0x8000_0000)
    let first = read(root + (address >> 20) * 4)
    switch first & 3 {
    case 0, 3: return .fault(level: 1)
    case 1:
      let second = read(first & ~0x3ff | (address >> 12 & 0xff) << 2)
      return small(
        second, offset: address & 0xfff, noKernelExecution: first >> 2 & 1 == 1,
        domain: first >> 5 & 15)
    default: return section(first, offset: address & 0xfffff)
    }
  }

  /// Decodes a second-level descriptor (figure B3-5). Large pages do not occur: a fault.
  func small(
    _ word: UInt32, offset: UInt32, noKernelExecution: Bool, domain: UInt32
  ) -> Result {
    guard word & 2 != 0 else { return .fault(level: 2) }
    return .page(
      attributes(
        physical: word & 0xffff_f000 + offset, access: word >> 7 & 4 | word >> 4 & 3,
        type: word >> 4 & 0x1c | word >> 2 & 3, neverExecute: word & 1 == 1,
        noKernelExecution: noKernelExecution, global: word >> 11 & 1 == 0,
        shareable: word >> 10 & 1 == 1, domain: domain))
  }

  /// Decodes a section (figure B3-4). Supersections do not occur: a fault.
  func section(_ word: UInt32, offset: UInt32) -> Result {
    guard word & 3 >= 2, word >> 18 & 1 == 0 else { return .fault(level: 1) }
    return .section(
      attributes(
        physical: word & 0xfff0_0000 + offset, access: word >> 13 & 4 | word >> 10 & 3,
        type: word >> 10 & 0x1c | word >> 2 & 3, neverExecute: word >> 4 & 1 == 1,
        noKernelExecution: word & 1 == 1, global: word >> 17 & 1 == 0,
        shareable: word >> 16 & 1 == 1, domain: word >> 5 & 15))
  }

  /// `access` is AP[2:0] (table B3-8), `type` TEX[2:0]:C:B (table B3-10).
  private func attributes(
    physical: UInt32, access: UInt32, type: UInt32, neverExecute: Bool, noKernelExecution: Bool,
    global: Bool, shareable: Bool, domain: UInt32
  ) -> Attributes {
    var result = Attributes(physical: physical)
    var kernelMayRead = true
    switch access {
    case 0b000: kernelMayRead = false
    case 0b001: result.kernelMayWrite = true
    case 0b010:
      result.kernelMayWrite = true
      result.programMayRead = true
    case 0b011:
      result.kernelMayWrite = true
      result.programMayRead = true
      result.programMayWrite = true
    case 0b101: break
    case 0b111: result.programMayRead = true
    default: preconditionFailure("AP \(access) is reserved or deprecated")
    }
    result.programMayExecute = result.programMayRead && !neverExecute
    result.kernelMayExecute = kernelMayRead && !neverExecute && !noKernelExecution
    result.isGlobal = global
    result.isShareable = shareable
    result.isNormalWriteBackAllocate = type == 0b001_1_1
    result.isDevice = type == 0b000_0_1
    result.domain = domain
    return result
  }
}
