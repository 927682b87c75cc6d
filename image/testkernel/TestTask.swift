// SPDX-License-Identifier: Apache-2.0
// The test kernel: the kernel's boot, and then C code that tests the LiteOS interface instead of a first
// program. What it prints goes to the console; its status is the machine's.
#if hasFeature(Embedded)
  import LiteOSTypes
  import PortARMv7A
  import RTOSCore
  import TestCode

  // SAFETY: the parameters and the number live for the call; a literal lives for ever, and nobody writes
  // to it.
  /// The task of the C code.
  enum TestTask {
    /// Makes it. Module init.
    static func start() -> UInt32 {
      KernelLiteOS.start()
      let name: StaticString = "test"
      var wanted = unsafe TSK_INIT_PARAM_S()
      unsafe wanted.pfnTaskEntry = { _, _, _, _ in
        Power.off(status: test_main())
      }
      unsafe wanted.usTaskPrio = 10
      unsafe wanted.pcName = UnsafeMutableRawPointer(mutating: name.utf8Start)
        .assumingMemoryBound(to: CChar.self)
      var task: UInt32 = 0
      return unsafe withUnsafeMutablePointer(to: &task) { task in
        unsafe withUnsafePointer(to: &wanted) { wanted in
          let code = unsafe KernelLiteOS.services.taskCreateOnly(task, wanted)
          return unsafe code == LOS_OK ? KernelLiteOS.services.taskResume(task.pointee) : code
        }
      }
    }
  }

  // SAFETY: C code hands in text of so many bytes.
  /// Text for the console.
  @c(test_write)
  func testWrite(_ text: UnsafePointer<UInt8>, _ count: Int) {
    Console.write(unsafe Span(_unsafeStart: text, count: count))
  }

  /// Instructions since some moment.
  @c(test_instructions)
  func testInstructions() -> UInt32 { InstructionCounter.read() }

  /// Watches from now on how long the first CPU masks interrupts, or does not.
  @c(test_watch)
  func testWatch(_ isOn: Bool) { ProcessorArea.setWatched(isOn, of: 0) }

  /// The longest time in instructions, while it was watched, for which interrupts were masked by the
  /// scheduler's and the objects' locks, or for which an interrupt was served.
  @c(test_longest_masked)
  func testLongestMasked() -> UInt32 { KernelCPU.longest }
#endif
