// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What a space got: where the image is, and the process's own page.
public struct VdsoMapping: Equatable, Sendable {
  /// The address of the ELF header, for AT_SYSINFO_EHDR.
  public let header: UInt32
  /// Bytes of the image, whole pages.
  public let size: UInt32
  /// The frame of the process's own page, which stays its owner's.
  public let ownFrame: PhysicalFrame
  /// The addresses at which signal handlers return.
  public let signalReturns: SignalReturns
  /// What undoes the frames of the image's functions.
  public let unwindTable: UnwindTable

  /// A mapping of its parts.
  public init(
    header: UInt32, size: UInt32, ownFrame: PhysicalFrame, signalReturns: SignalReturns,
    unwindTable: UnwindTable
  ) {
    self.header = header
    self.size = size
    self.ownFrame = ownFrame
    self.signalReturns = signalReturns
    self.unwindTable = unwindTable
  }
}

/// The vDSO of this kernel: whether there is one, and what of it goes into an address space.
///
/// A value without a lock: it is made once at boot and read-only afterwards.
public struct Vdso: Sendable {
  /// Why programs get no vDSO. Everything works without it, by system call.
  public enum OffReason: Error, Equatable, Sendable {
    /// Module init has not come to it yet.
    case notChecked
    /// The command line says `vdso=off`.
    case commandLine
    /// Nothing was published in the time page, and readers do not ask whether something was.
    case noTime
    /// The image or the page does not begin a page in RAM.
    case placement
    /// The image broke a rule.
    case image(VdsoImage.Flaw)

    /// The reason as the boot log and /proc/vdso give it.
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

  /// Whether there is one.
  public enum State: Equatable, Sendable {
    /// Programs get this image.
    case on(VdsoImage)
    /// They do not.
    case off(OffReason)
  }

  /// Whether programs get a vDSO.
  public let state: State
  /// The frame of the time page.
  private let pageFrame: PhysicalFrame
  /// The first frame of the image; the others follow.
  private let firstTextFrame: PhysicalFrame

  /// Checks `image`, the file with its padding, which begins at physical `imageAddress` and whose
  /// time page is the one at physical `pageAddress`. `expected` is the build that the kernel was
  /// made with; nil takes any.
  public init(
    image: RawSpan, expecting expected: BuildID? = nil, at imageAddress: UInt32,
    pageAt pageAddress: UInt32
  ) {
    pageFrame = PhysicalFrame(containing: pageAddress)
    firstTextFrame = PhysicalFrame(containing: imageAddress)
    guard Page.isAligned(imageAddress), Page.isAligned(pageAddress) else {
      state = .off(.placement)
      return
    }
    do {
      state = .on(try VdsoImage(checking: image, expecting: expected))
    } catch {
      state = .off(.image(error))
    }
  }

  /// No vDSO.
  public init(off reason: OffReason) {
    state = .off(reason)
    pageFrame = PhysicalFrame(number: 0)
    firstTextFrame = PhysicalFrame(number: 0)
  }

  /// Why a space got no vDSO.
  public enum LoadError: Error, Equatable, Sendable {
    /// There is none: leave AT_SYSINFO_EHDR out.
    case off(OffReason)
    /// The space could not take it.
    case memory(MemoryError)
  }

  /// Pages of [vvar]: the process's own, and the time page, which is right before the image.
  private static var pageCount: UInt32 { 2 }

  /// Maps [vvar], the process's own page in `ownFrame` and the time page, readable and on first
  /// touch, and right behind it the image, [vdso], readable and executable, where the space has
  /// room; neither can be changed, moved or removed by the program. The frame was zeroed, holds at
  /// most what `OwnPageWriter` wrote, and outlives the space. The caller serialises calls on
  /// `space`. Budget: 1,500 instructions.
  ///
  /// - Throws: `LoadError`; regions, frames and mappings are then as they were.
  @inline(never)
  public func load<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    into space: inout AddressSpace<Table, CPU, Memory>, ownFrame: PhysicalFrame
  ) throws(LoadError) -> VdsoMapping {
    guard case .on(let image) = state else {
      guard case .off(let reason) = state else { preconditionFailure("a state that is neither") }
      throw .off(reason)
    }
    do {
      let size = Page.roundedUp(image.size)
      let header = try map(size, ownFrame, into: &space)
      return VdsoMapping(
        header: header, size: size, ownFrame: ownFrame,
        signalReturns: image.signalReturns.moved(to: header), unwindTable: image.unwindTable)
    } catch {
      throw .memory(error)
    }
  }

  /// Gives a child, which `space.fork` made, the page of its own in `ownFrame`, as for `load`, in
  /// the place of its parent's. No CPU may be in the child.
  ///
  /// - Returns: its mapping, for the parent's.
  public func renew<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ mapping: VdsoMapping, in child: inout AddressSpace<Table, CPU, Memory>,
    ownFrame: PhysicalFrame
  ) -> VdsoMapping {
    child.replaceContext(
      ofSpecialAt: mapping.header - Self.pageCount * Page.size, by: context(ownFrame))
    return VdsoMapping(
      header: mapping.header, size: mapping.size, ownFrame: ownFrame,
      signalReturns: mapping.signalReturns, unwindTable: mapping.unwindTable)
  }

  /// The two frames of [vvar] as its special mapping carries them: the time page above.
  private func context(_ own: PhysicalFrame) -> UInt64 {
    UInt64(pageFrame.number) << 32 | UInt64(own.number)
  }

  private func map<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ textSize: UInt32, _ own: PhysicalFrame, into space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) -> UInt32 {
    let pagesSize = Self.pageCount * Page.size
    let base = try space.freePlace(length: pagesSize + textSize)
    _ = try space.mapSpecial(
      .fixedNoReplace(base),
      SpecialMapping(
        pageCount: Self.pageCount, permissions: .read, name: .vvar, context: context(own),
        source: { frames, page in UInt32(truncatingIfNeeded: page == 0 ? frames : frames >> 32) }))
    do {
      let text = FrameRange(first: firstTextFrame, count: textSize >> Page.shift)
      return try space.mapSpecial(
        .fixedNoReplace(base + pagesSize),
        SpecialMapping(list: text, permissions: [.read, .execute], name: .vdso))
    } catch {
      space.removeSpecial(at: base)
      throw error
    }
  }
}
