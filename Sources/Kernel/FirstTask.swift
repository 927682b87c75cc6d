// SPDX-License-Identifier: Apache-2.0
import PortARMv7A
import PortARMv7AAssembly
import RTOSCore
import System
import UserSpace
import VmRegion

/// The task of the first program: creates its process, then enters user mode in it.
enum FirstTask {
  /// Creates the task, which runs once interrupts are enabled.
  ///
  /// - Returns: 0, or a status when the task table or memory is full.
  static func start() -> UInt32 {
    do throws(KernelTaskError) {
      let task = try KernelTasks.create(.fair) { top, _ in
        ARMv7A.prepareStack(
          top: top,
          entry: { _ in
            KernelArchitecture.system.scheduler.didStart()
            ARMv7A.enableInterrupts()
            FirstTask.run()
          }, argument: 0)
      }
      KernelPlatform.attachThread(of: task)
      KernelArchitecture.system.scheduler.wake(task)
      return Status.ok.rawValue
    } catch {
      return Status(.fatal, .task, 1).rawValue
    }
  }

  /// Loads the program and enters it. The machine powers off with 126 or 127 if that fails.
  @inline(never)
  private static func run() -> Never {
    var frame = loadProgram()
    #if !DEBUG
      BootText.free()
    #endif
    _ = ARMv7A.maskInterrupts()
    // SAFETY: the frame is on this task's stack and is copied before the stack is reused.
    unsafe withUnsafeMutablePointer(to: &frame) { unsafe port_enter_user($0) }
    preconditionFailure("port_enter_user came back")
  }

  @inline(never)
  private static func loadProgram() -> ARMRegisters {
    let frames = KernelArchitecture.system.frames
    let record: PhysicalFrame
    let table: KernelTable
    do {
      record = try frames.allocateCold(zeroed: true)
      table = try KernelPlatform.makeTable(frames)
    } catch {
      Log.fatalLine("init: no memory for a process")
      Power.off(status: 126)
    }
    do {
      // SAFETY: the record's page is allocated here and never freed.
      let memory = unsafe LinearMap.pointer(to: record)
      let frame = try unsafe InitProgram<KernelPlatform>.start(
        in: memory, table: table, pool: frames)
      KernelPlatform.activate(KernelPlatform.process)
      KernelPlatform.process.pointee.publishTimes()
      return frame
    } catch {
      Power.off(status: UInt32(bitPattern: error.status))
    }
  }
}

/// Called on a new user task's stack (`ARMv7ARegisters.prepareStack`) before it enters its
/// program.
@c(port_task_started)
func taskStarted() { KernelArchitecture.system.scheduler.didStart() }
