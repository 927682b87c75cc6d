// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import PortARMv7AAssembly
  import RTOSCore
  import UserSpace
  import VmRegion

  /// The task of the first program: makes its process, then becomes it.
  enum FirstTask {
    /// Makes the task, which runs when interrupts go on. 0, or a status when there is no room.
    static func start() -> UInt32 {
      do throws(KernelTaskError) {
        let task = try KernelTask.create(priority: .user) { top in
          ARMv7A.prepareStack(
            top: top,
            entry: { _ in
              Machine.shared.scheduler.didStart()
              ARMv7A.enableInterrupts()
              FirstTask.run()
            }, argument: 0)
        }
        KernelPlatform.setOwner(of: task)
        Machine.shared.scheduler.wake(task)
        return Status.ok.rawValue
      } catch {
        return Status(.fatal, .task, 1).rawValue
      }
    }

    /// Loads the program and enters it; without one the machine goes off with 126 or 127.
    @inline(never)
    private static func run() -> Never {
      var frame = loadProgram()
      #if !DEBUG
        BootText.giveBack()
      #endif
      _ = ARMv7A.maskInterrupts()
      // SAFETY: the frame is this task's own, on its stack, and is copied before it goes.
      unsafe withUnsafeMutablePointer(to: &frame) { unsafe port_enter_user($0) }
      preconditionFailure("port_enter_user came back")
    }

    @inline(never)
    private static func loadProgram() -> TrapFrame {
      let frames = Machine.shared.frames
      let record: PhysicalFrame
      let table: KernelTable
      do {
        record = try frames.allocateRarely(zeroed: true)
        table = try KernelPlatform.makeTable(frames)
      } catch {
        Log.lastLine("init: no memory for a process")
        Power.off(status: 126)
      }
      do {
        // SAFETY: a page of its own, for ever.
        let memory = unsafe LinearMap.pointer(to: record)
        let frame = try unsafe InitProgram<KernelPlatform>.start(
          in: memory, table: table, pool: frames)
        unsafe KernelPlatform.activate(KernelPlatform.process)
        unsafe KernelPlatform.process.pointee.openOwnPage()
        return frame
      } catch {
        Power.off(status: UInt32(bitPattern: error.status))
      }
    }
  }

  /// Where a task begins whose stack `ARMv7A.prepareUserStack` laid out, before it enters its program.
  @c(port_task_started)
  func taskStarted() { Machine.shared.scheduler.didStart() }
#endif
