// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0
//
// A separate package that uses Apus' portable modules on the host: `swift run` in this folder, or
// `tools/gates example` from the root. It is not a target of Apus, but an example of a package
// elsewhere, whose dependency would be a URL.

import PackageDescription

let package = Package(
  name: "HostKernel",
  dependencies: [.package(name: "Apus", path: "../..")],
  targets: [
    .executableTarget(
      name: "HostKernel",
      dependencies: ["RTOSCore", "VmRegion", "TickHandler", "VdsoModule"].map {
        .product(name: $0, package: "Apus")
      },
      swiftSettings: [.strictMemorySafety(), .treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
