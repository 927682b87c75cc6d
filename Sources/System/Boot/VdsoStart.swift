// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule

/// `OsVdsoInit`: checks the vDSO's image and installs it, or the reason why programs get none.
public enum VdsoStart<A: Architecture> {
  /// Checks `image`, the file and its padding, by the rules of its machine, and logs the result. The
  /// image is at physical address `imageAddress`, the time page at `pageAddress`; `expected` is the
  /// build ID that the kernel was built with. Called once, before the first program.
  ///
  /// - Returns: 0, or an error status: then programs have no vDSO and make system calls.
  public static func run<Rules: CodeRules>(
    image: RawSpan, by rules: Rules.Type, expecting expected: BuildID,
    at imageAddress: PhysicalAddress, pageAt pageAddress: PhysicalAddress
  ) -> UInt32 {
    let vdso: Vdso
    if A.system.options.isVdsoForbidden {
      vdso = Vdso(off: .commandLine)
    } else if !A.system.publisher.writer.isPublished {
      vdso = Vdso(off: .noTime)
    } else {
      vdso = Vdso(
        image: image, by: rules, expecting: expected, at: imageAddress, pageAt: pageAddress)
    }
    System<A>.setVdso(vdso)
    Log.line(vdso.logLine)
    return status(of: vdso)
  }

  /// Stores the image's build ID in the time page, if there is one.
  private static func status(of vdso: Vdso) -> UInt32 {
    switch vdso.state {
    case .on(let image):
      A.system.publisher.writer.setBuildID(image.buildID)
      return Status.ok.rawValue
    case .off(.commandLine): return Status.ok.rawValue
    case .off(.image(let flaw)): return Status(.error, .system, flaw.rawValue).rawValue
    case .off: return Status(.error, .system, 0xff).rawValue
    }
  }
}
