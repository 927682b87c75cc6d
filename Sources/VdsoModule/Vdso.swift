// SPDX-License-Identifier: Apache-2.0
// VdsoModule: the vDSO, an ELF image and two data pages by which programs read clocks without a
// system call. The image itself is built from image/vdso; this module checks it, maps it and writes
// its data.
//
// Principles:
// - The vDSO is optional. After a bad image or without a clock (the boot log has the reason), or in
//   a full address space, programs have none, and everything works by system calls.
// - Nothing about the image is believed. `VdsoImage` checks all of its bytes before the first
//   mapping; the build runs the same check (tools/vdso-check).
// - Readers never wait. Each data page is a latch of two banks, of which one is always valid. The
//   layout and its protocol are defined once, in Sources/VdsoPage/include/vdso_page.h.
// - A program cannot change, move or remove its mappings.
//
// Parts:
// - Image check (Image): `ImageTables`, for each kind of image by an `ImagePolicy`: in the order of
//   the checks `ElfHeader`, `Segments`, `Notes`, `DynamicTable` and `HashTables` (`ElfHash`). Then
//   `VdsoImage` and its `Violation`: `Sections`, `VersionDefinitions` and `SymbolTable`. All read
//   `ImageBytes` through an `ElfClass`.
// - A machine's `CodeRules`: its class, its `VdsoManifest`, and the checks of code and unwind
//   table. A32 has those of ARM: `A32Rules`, `A32Manifest`, `A32Code` and `ExceptionIndex`
//   (`UnwindProgram`).
// - Kits: the time image is the first one. `KitImage` checks the others, by the same parts and
//   `KitRules`; UserSpace maps them.
// - Mapping: `Vdso.load` at program start and `replaceProcessPage` at fork; `VdsoMapping` and
//   `SignalReturns` hold the addresses that the process keeps.
// - Data: `VdsoPageWriter` (the time page, shared by all) and `ProcessPageWriter` (one page for
//   each process). Both write `ClockRecords` through a `Latch`, in a `PageMemory`.
// - The outside: /proc/vdso and the log line (Vdso+Describe.swift). LiteOS' `OsVdsoInit` is the
//   module init of Sources/System/Boot/VdsoStart.swift, `OsVdsoLoad` is `Vdso.load`, and
//   `OsVdsoTimevalUpdate` is the update of the time page; C code gets them from
//   Sources/LiteOS/SpaceCalls.swift.
//
// Locks: the module has none. The timekeeper's lock serialises writers of the time page. The CPU
// that runs a process's only thread writes the process's own page. The caller of `load` and
// `replaceProcessPage` holds the lock of the address space. `Vdso` is read-only after boot.
//
// It must not: allocate memory itself, wait, read a clock, or name a port. Nothing outside of A32
// knows an instruction set, its ABI or the numbers of system calls.

import RTOSCore
import VmRegion

/// The result of mapping the vDSO into an address space.
public struct VdsoMapping: Equatable, Sendable {
  /// The address of the ELF header, for AT_SYSINFO_EHDR.
  public let header: UserAddress
  /// Bytes of the image, whole pages.
  public let size: Word
  /// The frame of the process's own page; its owner, not the address space, frees it.
  public let processPageFrame: PhysicalFrame
  /// The addresses of the sigreturn trampolines.
  public let signalReturns: SignalReturns
  /// The range of the unwind table in the image.
  public let unwindTable: ImageRange

  /// A mapping with the given addresses, frame and tables.
  public init(
    header: UserAddress, size: Word, processPageFrame: PhysicalFrame,
    signalReturns: SignalReturns,
    unwindTable: ImageRange
  ) {
    self.header = header
    self.size = size
    self.processPageFrame = processPageFrame
    self.signalReturns = signalReturns
    self.unwindTable = unwindTable
  }
}

/// The kernel's vDSO: whether there is one, and the mapping of it into address spaces.
///
/// A value without a lock: it is created once at boot and read-only afterwards.
public struct Vdso: Sendable {
  /// Why programs get no vDSO. Without it everything works by system calls.
  public enum OffReason: Error, Equatable, Sendable {
    /// Module init has not checked the image yet.
    case notChecked
    /// The command line says `vdso=off`.
    case commandLine
    /// No snapshot is in the time page, and readers do not check for one.
    case noTime
    /// The physical address of the image or of the time page is not aligned to a page.
    case placement
    /// The image violates a rule.
    case image(VdsoImage.Violation)

    /// The reason as text, for the boot log and /proc/vdso.
    public var text: StaticString {
      switch self {
      case .notChecked: "not checked yet"
      case .commandLine: "vdso=off on the command line"
      case .noTime: "the clocks are not running"
      case .placement: "image is not aligned to pages"
      case .image(let flaw): flaw.text
      }
    }
  }

  /// Whether there is a vDSO: the image, or the reason for none.
  public enum State: Equatable, Sendable {
    /// Programs get this image.
    case on(VdsoImage)
    /// Programs get no vDSO.
    case off(OffReason)
  }

  /// The name of the kit that the time image is.
  public static var name: StaticString { "vdso" }

  /// Whether programs get a vDSO, and why not.
  public let state: State
  /// The frame of the time page.
  private let pageFrame: PhysicalFrame
  /// The first frame of the image; the others follow.
  public let firstTextFrame: PhysicalFrame

  /// Checks `image`, the file and its padding, by the rules of its machine. The image is at
  /// physical address `imageAddress`, the time page at `pageAddress`. `expected` is the build ID
  /// that the kernel was built with; nil accepts any. A bad image makes `state` off.
  public init<Rules: CodeRules>(
    image: RawSpan, by rules: Rules.Type, expecting expected: BuildID? = nil,
    at imageAddress: PhysicalAddress, pageAt pageAddress: PhysicalAddress
  ) {
    pageFrame = PhysicalFrame(containing: pageAddress)
    firstTextFrame = PhysicalFrame(containing: imageAddress)
    guard imageAddress.isPageAligned, pageAddress.isPageAligned else {
      state = .off(.placement)
      return
    }
    do {
      state = .on(try Rules.check(image, expecting: expected))
    } catch {
      state = .off(.image(error))
    }
  }

  /// No vDSO, for `reason`.
  public init(off reason: OffReason) {
    state = .off(reason)
    pageFrame = PhysicalFrame(number: 0)
    firstTextFrame = PhysicalFrame(number: 0)
  }

  /// Why an address space got no vDSO.
  public enum LoadError: Error, Equatable, Sendable {
    /// There is none: AT_SYSINFO_EHDR must be left out.
    case off(OffReason)
    /// The mapping failed.
    case memory(MemoryError)
  }

  /// The pages of [vvar]: the process's own page, then the time page, which the image follows.
  private static var pageCount: UInt32 { 2 }
  /// The size of [vvar] in bytes.
  private static var pagesSize: Word { Word(pageCount) * Page.size }

  /// Maps [vvar] (the process's own page in `processPageFrame`, and the time page) read-only and on
  /// first touch; and right after it the image, [vdso], readable and executable. The address space
  /// chooses the address. Both mappings are sealed: the program cannot change, move or remove them.
  ///
  /// The caller zeroed `processPageFrame`, wrote to it by `ProcessPageWriter` only, and keeps it
  /// allocated longer than the address space exists. It serialises calls on `space`. Budget: 960
  /// instructions.
  ///
  /// - Throws: `LoadError`; regions, frames and mappings are then unchanged.
  @inline(never)
  public func load<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    into space: inout AddressSpace<Table, CPU, Memory>, processPageFrame: PhysicalFrame
  ) throws(LoadError) -> VdsoMapping {
    guard case .on(let image) = state else {
      guard case .off(let reason) = state else { preconditionFailure("a state that is neither") }
      throw .off(reason)
    }
    do {
      let size = Page.roundedUp(Word(image.size))
      let header = try space.mapGroup(
        SpecialMapping(
          pageCount: Self.pageCount, permissions: .read, name: .vvar,
          context: context(processPageFrame),
          source: { frames, page in UInt32(truncatingIfNeeded: page == 0 ? frames : frames >> 32) }),
        SpecialMapping(
          list: FrameRange(first: firstTextFrame, count: Page.count(size)),
          permissions: [.read, .execute], name: .vdso))
      return VdsoMapping(
        header: header, size: size, processPageFrame: processPageFrame,
        signalReturns: SignalReturns(image.signalTrampolines, in: header),
        unwindTable: image.unwindTable
      )
    } catch {
      throw .memory(error)
    }
  }

  /// Replaces the process's own page in a child that `space.fork` made: by the one in
  /// `processPageFrame`, for which the rules of `load` hold. No CPU may be using the child's
  /// address space.
  ///
  /// - Returns: the child's mapping, which replaces the copy of its parent's.
  public func replaceProcessPage<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ mapping: VdsoMapping, in child: inout AddressSpace<Table, CPU, Memory>,
    processPageFrame: PhysicalFrame
  ) -> VdsoMapping {
    let first = UserAddress(mapping.header.word - Self.pagesSize)
    child.replaceContext(ofSpecialAt: first, by: context(processPageFrame))
    return VdsoMapping(
      header: mapping.header, size: mapping.size, processPageFrame: processPageFrame,
      signalReturns: mapping.signalReturns, unwindTable: mapping.unwindTable)
  }

  /// The two frames of [vvar] in one word, as the special mapping stores them: the time page in the
  /// upper half.
  private func context(_ own: PhysicalFrame) -> UInt64 {
    UInt64(pageFrame.number) << 32 | UInt64(own.number)
  }
}
