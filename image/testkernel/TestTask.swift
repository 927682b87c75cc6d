// SPDX-License-Identifier: Apache-2.0
// The test kernel: the kernel's boot, and then C code that tests the LiteOS interface, in place of
// a first program. The C code prints on the console; its status is the machine's.
#if hasFeature(Embedded)
  import LiteOSTypes
  import PortARMv7A
  import RTOSCore
  import TestCode

  // SAFETY: the parameters and the number live for the call; a literal is never freed, and the
  // kernel does not write to it.
  /// The task that runs the C code.
  enum TestTask {
    /// Makes the task and makes it ready. Called as a module-init entry.
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

  // SAFETY: C code passes text of `count` bytes.
  /// Writes text to the console.
  @c(test_write)
  func testWrite(_ text: UnsafePointer<UInt8>, _ count: Int) {
    Console.write(unsafe Span(_unsafeStart: text, count: count))
  }

  /// The instruction counter, which has an arbitrary start.
  @c(test_instructions)
  func testInstructions() -> UInt32 { InstructionCounter.read() }

  /// Turns the watch on the first CPU's masked times on or off.
  @c(test_watch)
  func testWatch(_ isOn: Bool) { ProcessorArea.setMeasured(isOn, of: 0) }

  /// The longest watched time in instructions for which the scheduler's and the objects' locks
  /// masked interrupts, or for which an interrupt was served.
  @c(test_longest_masked)
  func testLongestMasked() -> UInt32 { KernelCPU.longest }
#endif
