// SPDX-License-Identifier: Apache-2.0
/// The auxiliary vector: facts about the program and the machine that the kernel passes to a new
/// program, as pairs of a tag and a value (Linux's create_elf_tables, getauxval(3)).
struct AuxiliaryVector {
  /// Room for 20 pairs, including the terminating one.
  static var greatestWordCount: Int { 40 }

  private(set) var words = InlineArray<40, UInt32>(repeating: 0)
  private(set) var count = 0

  /// Linux's bits for a Cortex-A7 or A15: half-word, Thumb, fast multiplication, VFPv3 and v4 with
  /// 32 registers, EDSP, NEON, TLS, division in both states, LPAE, event stream.
  static var capabilities: UInt32 { 0x003f_b8d6 }
  /// The unit of times(2), in ticks per second.
  static var clockTicks: UInt32 { 100 }

  /// The vector of `program`; the other arguments are user addresses. Without `vdso` it has no
  /// AT_SYSINFO_EHDR.
  init(
    _ program: borrowing ElfProgram, vdso: UInt32?, random: UInt32, executablePath: UInt32,
    platform: UInt32
  ) {
    if let vdso { add(33, vdso) }  // AT_SYSINFO_EHDR
    add(16, AuxiliaryVector.capabilities)  // AT_HWCAP
    add(6, 4096)  // AT_PAGESZ
    add(17, AuxiliaryVector.clockTicks)  // AT_CLKTCK
    let headers = program.headersAddress
    add(3, headers == 0 ? 0 : headers &+ program.bias)  // AT_PHDR
    add(4, UInt32(ElfProgram.programHeaderSize))  // AT_PHENT
    add(5, UInt32(program.headerCount))  // AT_PHNUM
    add(7, 0)  // AT_BASE: there is no interpreter
    add(8, 0)  // AT_FLAGS
    add(9, program.entry &+ program.bias)  // AT_ENTRY
    for tag in UInt32(11)...14 { add(tag, 0) }  // AT_UID, AT_EUID, AT_GID, AT_EGID
    add(23, 0)  // AT_SECURE
    add(25, random)  // AT_RANDOM
    add(26, 0)  // AT_HWCAP2: features of ARMv8
    add(31, executablePath)  // AT_EXECFN
    add(15, platform)  // AT_PLATFORM
    add(0, 0)  // AT_NULL
  }

  private mutating func add(_ tag: UInt32, _ value: UInt32) {
    words[count] = tag
    words[count + 1] = value
    count += 2
  }
}
