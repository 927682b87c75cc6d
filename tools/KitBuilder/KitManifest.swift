// SPDX-License-Identifier: Apache-2.0
// What a kit is: the one source of its version script, note, headers and checks.

/// The manifest of a kit, as its author writes it.
public struct KitManifest: Equatable {
  /// Who writes the pages of a structure, and who reads them.
  public enum Role: String, CaseIterable {
    /// The kernel writes; all programs read the same pages.
    case kernelWritten = "kernel-written"
    /// The kernel writes; each process reads pages of its own.
    case ownPage = "own-page"
    /// Programs write, if they have the right, and read.
    case sharedWritable = "shared-writable"
    /// Each member writes pages of its own; all members read them.
    case member

    /// The most pages of this role; for members, of each.
    var mostPages: Int {
      switch self {
      case .kernelWritten, .ownPage: 16
      case .sharedWritable: 64
      case .member: 8
      }
    }
    /// How many times there are the pages of the structure.
    var count: Int { self == .member ? 16 : 1 }
  }

  /// A structure at the start of the pages of a role.
  public struct Page: Equatable {
    /// The role.
    public let role: Role
    /// The C structure, without `struct`.
    public let structure: String
    /// The line of the manifest.
    let line: Int
  }

  /// The name: of the file, of /dev/kits/NAME, and the first part of the names of its functions.
  public internal(set) var name = ""
  /// The version of the interface.
  public internal(set) var version = 0
  /// The mode of /dev/kits/NAME.
  public internal(set) var mode = 0o444
  /// The header with the structures; empty if there is none.
  public internal(set) var header = ""
  /// A header that only the kit's own sources include; empty if there is none.
  public internal(set) var internalHeader = ""
  /// The pages, in the order of the roles.
  public internal(set) var pages: [Page] = []
  /// Whether the image may have private data.
  public internal(set) var hasPrivateData = false
  /// Whether the image may make system calls.
  public internal(set) var mayCallSystem = false
  /// The constants, in order.
  public internal(set) var constants: [KitConstant] = []
  /// What the kit exports, in order. With call-outs, the last one takes their table.
  public internal(set) var exports: [KitFunction] = []
  /// What the host program implements.
  public internal(set) var callouts: [KitFunction] = []

  /// Whether processes can be members. The kernel's pages then have structures of `kit_members.h`.
  public var hasMembers: Bool { pages.contains { $0.role == .member } }
  /// The name in capitals, the first part of the names of constants and of the version node.
  public var capitals: String { name.uppercased() }
  /// The version node of all exports.
  public var versionNode: String { "\(capitals)_\(version)" }
  /// The call-outs' table as a C type.
  public var calloutTable: String { "struct \(name)_callouts" }
}
