// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The auxiliary vector: facts about the program and the machine that the kernel passes to a new
/// program, as pairs of a tag and a value (Linux's create_elf_tables, getauxval(3)).
struct AuxiliaryVector<ABI: ProgramABI> {
  /// Room for 20 pairs, including the terminating one.
  static var greatestWordCount: Int { 40 }

  private(set) var words = InlineArray<40, ABI.Long>(repeating: 0)
  private(set) var count = 0

  /// The unit of times(2), in ticks per second.
  static var clockTicks: UInt32 { 100 }

  /// The vector of `program`. `interpreterBase` is the distance of its interpreter from the addresses
  /// in the file, 0 without one; the other arguments are user addresses. Without `vdso` it has no
  /// AT_SYSINFO_EHDR.
  init(
    _ program: borrowing ElfProgram<ABI>, interpreterBase: Word, vdso: UserAddress?,
    random: UserAddress, executablePath: UserAddress, platform: UserAddress
  ) {
    if let vdso { add(33, vdso.word) }  // AT_SYSINFO_EHDR
    add(16, Word(ABI.capabilities))  // AT_HWCAP
    add(6, 4096)  // AT_PAGESZ
    add(17, Word(Self.clockTicks))  // AT_CLKTCK
    let headers = program.headersAddress
    add(3, headers == 0 ? 0 : (headers &+ program.bias).word)  // AT_PHDR
    add(4, Word(ElfProgram<ABI>.programHeaderSize))  // AT_PHENT
    add(5, Word(program.headerCount))  // AT_PHNUM
    add(7, interpreterBase)  // AT_BASE
    add(8, 0)  // AT_FLAGS
    add(9, (program.entry &+ program.bias).word)  // AT_ENTRY
    for tag in Word(11)...14 { add(tag, 0) }  // AT_UID, AT_EUID, AT_GID, AT_EGID
    add(23, 0)  // AT_SECURE
    add(25, random.word)  // AT_RANDOM
    add(26, 0)  // AT_HWCAP2: none
    add(31, executablePath.word)  // AT_EXECFN
    add(15, platform.word)  // AT_PLATFORM
    add(0, 0)  // AT_NULL
  }

  @inline(__always)
  private mutating func add(_ tag: Word, _ value: Word) {
    words[count] = ABI.Long(tag)
    words[count + 1] = ABI.Long(value)
    count += 2
  }
}
