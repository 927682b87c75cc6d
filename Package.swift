// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0
//
// One manifest for host and target: `swift test` builds the portable modules and their tests for
// the host; `APUS_TARGET=1 swift build --triple armv7-none-none-eabi --toolset image/toolset.json
// --product Kernel` builds the kernel. The compiler's flags for the target are in
// image/toolset.json, the modules that only the target has in `kernelTargets` below. The package
// has no dependencies.

import PackageDescription

/// Whether the words of programs have 64 bits: APUS_WORD=64 in the environment. The package then
/// has the portable modules and their tests only.
let hasLongWords = Context.environment["APUS_WORD"] == "64"
let wordRules: [SwiftSetting] = hasLongWords ? [.define("APUS_WORD_64")] : []

/// The compiler settings of all kernel code; a warning is an error.
let rules: [SwiftSetting] =
  wordRules + [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .enableExperimentalFeature("Volatile"),
    .enableExperimentalFeature("RawLayout"),
    .enableExperimentalFeature("SuppressedAssociatedTypes"),
  ]

/// The compiler settings of tests. They call unsafe interfaces on purpose, so strict memory safety
/// is off.
let testRules: [SwiftSetting] = wordRules + [.treatAllWarnings(as: .error)]

/// A module of the kernel. Dependencies are acyclic: a module depends on earlier ones only.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: rules)
}

/// The tests of one module, in the folder of its name.
func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
    swiftSettings: testRules)
}

/// The board that the kernel is built for: a folder of image/boards, whose Swift file imports the
/// module with its drivers. The linker drops the modules of other boards.
let board = Context.environment["APUS_BOARD"] ?? "virt"
let boardModules = ["BoardRaspi2b", "BoardVexpressA15", "BoardTemplate"]

/// Where the headers and modules are of the kits that the test kernel calls, as tools/build-kit has
/// made them.
let kitHeaders = ["vstat", "vsched"].map { "-I.build/apus/kits/\($0)/include" }

/// The modules that are for the target only: `Kernel`, which names the port, and what depends on
/// it. The host does not build them.
let kernelTargets: [Target] = [
  module(
    "Kernel",
    [
      "RTOSCore", "VmRegion", "TickHandler", "VdsoPage", "VdsoModule", "UserSpace",
      "System", "PortARMv7A", "PortARMv7AAssembly", "Board", "BootImage",
    ]),
  module(
    "LiteOS",
    ["RTOSCore", "LiteOSTypes", "VmRegion", "TickHandler", "UserSpace", "System", "Kernel"]),

  // The images. The kernel for programs has no C code; the test kernel is the same with C code
  // that tests the LiteOS interface. start.S enters both at a function of Kernel.
  .executableTarget(
    name: "KernelImage", dependencies: ["Kernel"], path: "image/kernelimage", swiftSettings: rules
  ),
  .target(
    name: "TestCode", dependencies: ["LiteOSTypes"], path: "image/testkernel/c",
    cSettings: [.unsafeFlags(kitHeaders)]),
  .executableTarget(
    name: "TestKernel",
    dependencies: [
      "RTOSCore", "LiteOSTypes", "UserSpace", "System", "Kernel", "LiteOS", "TestCode",
    ],
    path: "image/testkernel", exclude: ["c"],
    swiftSettings: rules + [.unsafeFlags(kitHeaders)]),
]

/// The products of `kernelTargets`.
let kernelProducts: [Product] = [
  .executable(name: "Kernel", targets: ["KernelImage"]),
  .executable(name: "TestKernel", targets: ["TestKernel"]),
]

/// True for a build of the kernel, which sets APUS_TARGET.
let isForTarget = Context.environment["APUS_TARGET"] != nil

let package = Package(
  name: "Apus",
  products: [
    // For packages that use a part on its own: Examples/HostKernel.
    .library(name: "RTOSCore", targets: ["RTOSCore"]),
    .library(name: "VmRegion", targets: ["VmRegion"]),
    .library(name: "TickHandler", targets: ["TickHandler"]),
    .library(name: "VdsoModule", targets: ["VdsoModule"]),
  ] + (isForTarget ? kernelProducts : []),
  targets: [
    .target(name: "LiteOSTypes"),
    module("RTOSCore", ["LiteOSTypes"]),
    module("VmRegion", ["RTOSCore"]),
    module("TickHandler", ["RTOSCore"]),
    .target(name: "VdsoPage"),
    .target(name: "KitTypes"),
    .target(
      name: "VdsoReader", dependencies: ["VdsoPage"], path: "image/vdso/Reader",
      swiftSettings: rules),
    module("VdsoModule", ["RTOSCore", "VmRegion", "TickHandler", "VdsoPage", "KitTypes"]),
    module("UserSpace", ["RTOSCore", "VmRegion", "TickHandler", "VdsoModule", "KitTypes"]),
    module("System", ["RTOSCore", "VmRegion", "TickHandler", "VdsoModule", "UserSpace"]),

    .target(name: "PortARMv7AAssembly"),
    .target(
      name: "BootImage", dependencies: ["PortARMv7AAssembly", "LiteOSTypes"], path: "image/boot"),
    module(
      "PortARMv7A",
      [
        "RTOSCore", "VmRegion", "TickHandler", "UserSpace", "System", "PortARMv7AAssembly",
        "BootImage",
      ]),
    module("BoardSupport", ["RTOSCore", "TickHandler"]),
    module("BoardRaspi2b", ["RTOSCore", "BoardSupport"]),
    module("BoardVexpressA15", ["BoardSupport"]),
    module("BoardTemplate", ["BoardSupport", "PortTemplate"]),
    module("PortTemplate", ["RTOSCore", "VmRegion", "TickHandler", "System"]),
    .target(
      name: "Board",
      dependencies: ["BoardSupport"] + boardModules.map { .byName(name: $0) },
      path: "image/boards/\(board)/Board", swiftSettings: rules),

    .target(name: "VdsoInspection", path: "tools/VdsoInspection", swiftSettings: testRules),
    .target(
      name: "KitBuilder", dependencies: ["VdsoInspection"], path: "tools/KitBuilder",
      swiftSettings: testRules),
    .target(name: "CoroutineQueue", path: "image/coroutines/Queue", swiftSettings: testRules),
    .executableTarget(
      name: "kit-check", dependencies: ["KitBuilder", "VdsoInspection", "VdsoModule"],
      path: "tools/kit-check",
      swiftSettings: testRules),
    .executableTarget(
      name: "vdso-check", dependencies: ["VdsoInspection", "VdsoModule"],
      path: "tools/vdso-check",
      swiftSettings: testRules),

    .target(
      name: "VmRegionMocks", dependencies: ["RTOSCore", "VmRegion", "VdsoInspection"],
      path: "Tests/Mocks",
      swiftSettings: testRules),
    .target(
      name: "SystemMocks",
      dependencies: [
        "RTOSCore", "VmRegion", "VmRegionMocks", "TickHandler", "VdsoModule", "UserSpace", "System",
      ], path: "Tests/SystemMocks", swiftSettings: testRules),
    tests(of: "RTOSCore", ["LiteOSTypes", "VmRegionMocks"]),
    tests(of: "VmRegion", ["RTOSCore", "VmRegionMocks"]),
    tests(of: "TickHandler", ["RTOSCore", "VmRegionMocks"]),
    tests(
      of: "VdsoModule",
      [
        "RTOSCore", "VmRegion", "VmRegionMocks", "TickHandler", "VdsoPage", "VdsoReader",
        "VdsoInspection",
      ]),
    tests(of: "CoroutineQueue"),
    tests(
      of: "UserSpace",
      [
        "RTOSCore", "VmRegion", "VmRegionMocks", "SystemMocks", "TickHandler", "VdsoModule",
        "KitTypes", "VdsoPage", "System",
      ]),
    tests(
      of: "System",
      [
        "RTOSCore", "VmRegion", "VmRegionMocks", "SystemMocks", "TickHandler", "VdsoModule",
        "UserSpace",
      ]),
    tests(
      of: "PortARMv7A",
      ["RTOSCore", "VmRegion", "VmRegionMocks", "UserSpace", "PortARMv7AAssembly"]),
    .testTarget(
      name: "KitBuilderTests",
      dependencies: ["KitBuilder", "VdsoInspection", "VmRegionMocks", "kit-check"],
      exclude: ["Programs"], swiftSettings: testRules),
    .testTarget(name: "LitmusTests", swiftSettings: testRules),
    tests(of: "BoardSupport", ["RTOSCore", "TickHandler", "VmRegionMocks"]),
    tests(of: "BoardRaspi2b", ["RTOSCore", "BoardSupport"]),
    tests(of: "BoardVexpressA15", ["BoardSupport"]),
    tests(
      of: "PortTemplate",
      ["RTOSCore", "VmRegion", "VmRegionMocks", "TickHandler", "UserSpace", "System"]),
    .testTarget(
      name: "BootTests", dependencies: ["VmRegionMocks"], exclude: ["Programs"],
      swiftSettings: testRules),
  ] + (isForTarget ? kernelTargets : []),
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)

if hasLongWords {
  let portable = [
    "RTOSCore", "VmRegion", "TickHandler", "VdsoModule", "UserSpace", "System", "BoardSupport",
    "PortTemplate",
  ]
  let names =
    portable + portable.map { "\($0)Tests" }
    + [
      "LiteOSTypes", "VdsoPage", "KitTypes", "VdsoReader", "VdsoInspection", "VmRegionMocks",
      "SystemMocks",
    ]
  package.targets.removeAll { !names.contains($0.name) }
  package.products = []
}
