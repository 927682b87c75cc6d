import RTOSCore
import VmRegion

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

  /// Maps the time page, [vvar], readable, and right behind it the image, [vdso], readable and
  /// executable, where the space has room; neither can be changed, moved or removed by the program.
  /// Their pages come on first touch. The caller serialises calls on `space`. Budget: 1,500
  /// instructions.
  ///
  /// - Returns: the address of the ELF header, for AT_SYSINFO_EHDR.
  /// - Throws: `LoadError`; regions, frames and mappings are then as they were.
  public func load<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    into space: inout AddressSpace<Table, CPU, Memory>
  ) throws(LoadError) -> UInt32 {
    guard case .on(let image) = state else {
      guard case .off(let reason) = state else { preconditionFailure("a state that is neither") }
      throw .off(reason)
    }
    do {
      return try map(Page.roundedUp(image.size), into: &space)
    } catch {
      throw .memory(error)
    }
  }

  private func map<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>(
    _ textSize: UInt32, into space: inout AddressSpace<Table, CPU, Memory>
  ) throws(MemoryError) -> UInt32 {
    let base = try space.freePlace(length: Page.size + textSize)
    _ = try space.mapSpecial(
      .fixedNoReplace(base),
      SpecialMapping(
        pageCount: 1, permissions: .read, name: .vvar, context: UInt(pageFrame.number),
        source: { frame, page in UInt32(truncatingIfNeeded: frame) + page }))
    do {
      let text = FrameRange(first: firstTextFrame, count: textSize >> Page.shift)
      return try space.mapSpecial(
        .fixedNoReplace(base + Page.size),
        SpecialMapping(list: text, permissions: [.read, .execute], name: .vdso))
    } catch {
      space.removeSpecial(at: base)
      throw error
    }
  }
}
