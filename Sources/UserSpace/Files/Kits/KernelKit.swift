// SPDX-License-Identifier: Apache-2.0
import KitTypes
import RTOSCore
import VdsoModule
import VmRegion

/// Why kernel code does not get a kit. The numbers are those of `enum kit_error`
/// (image/kits/include/kit_error.h), which the C code gets.
public enum KernelKitRefusal: UInt32, Error {
  /// There is no kit of this name.
  case absent = 2
  /// It comes from the initrd: only what is a part of the kernel runs with the kernel's rights.
  case notBuiltIn = 22
  /// It has private data, pages of one process, or pages that programs write: the kernel has none
  /// of the first two, and does not believe the third.
  case ofPrograms = 23
  /// Its code may make system calls, which only programs do.
  case callsSystem = 24
}

/// A kit that the kernel itself calls: one that is built in, and consists of text and of pages that
/// the kernel writes. The boot has checked its text and copied it to frames of its own, to which no
/// program can write: each maps them to read and execute, and the mapping is sealed.
public struct KernelKit<P: FilePlatform> {
  private let kit: KitReference
  /// The number of the kit, less than `KernelKit.limit`.
  public let number: UInt32

  /// The most kits.
  public static var limit: UInt32 { UInt32(KitTable.capacity) }
  /// The most pages of one.
  public static var mostPages: UInt32 {
    UInt32(KIT_MOST_TEXT_BYTES) >> UInt32(Page.shift) + UInt32(KIT_MOST_KERNEL_PAGES)
  }

  /// The kit of this name, with what the kernel writes in it. No lock is needed: the table does not
  /// change after the boot, and all that write the page of a kit without system calls write the
  /// same.
  ///
  /// - Throws: why it is not for the kernel.
  public init(named name: Span<UInt8>) throws(KernelKitRefusal) {
    guard let node = KitFiles<P>.child(of: KitFiles<P>.directory, named: name) else {
      throw .absent
    }
    kit = Kits<P>.kit(node)
    number = UInt32(KitFiles<P>.number(of: node))
    guard number < P.tree.pointee.kits.builtInCount else { throw .notBuiltIn }
    let image = kit.pointee.image
    guard !image.maySystemCall else { throw .callsSystem }
    guard image.privateData.size == 0, image.ownPages + image.sharedPages + image.memberPages == 0
    else { throw .ofPrograms }
    Kits<P>.writePage(of: kit, FileTree<P>.inode(kit.pointee.pages), P.processors)
  }

  /// The number of pages.
  public var pageCount: UInt32 { kit.pointee.image.pageCount }

  /// Whether a page is of the text, which is executable.
  public func isText(_ page: UInt32) -> Bool { page < kit.pointee.image.privatePage }

  /// The frame of a page, which is never freed.
  public func frame(of page: UInt32) -> PhysicalFrame {
    guard
      let frame = FileTree<P>.inode(kit.pointee.pages).pointee.pages.frame(of: page, P.Memory.self)
    else { preconditionFailure("a page of a kit has no frame") }
    return frame
  }
}
