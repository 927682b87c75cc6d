// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The options of clone for a new process.
struct CloneRequest {
  /// The signal sent to the parent when the process ends. A sibling uses the caller's own, as on
  /// Linux, because their common parent did not choose this one.
  var endSignal: UInt8
  /// Whether the new process shares this one's memory until it executes a program or ends (vfork).
  var sharesParentSpace: Bool
  /// Whether the new process gets the caller's parent as its parent (CLONE_PARENT).
  var isSibling: Bool
}

// SAFETY: the running process lives as long as its call; what is created is not shared yet.
extension Process {
  /// Creates a process like `parent` with one thread. The thread does not run yet and will start
  /// with the registers in `frame`. Called under the kernel lock.
  ///
  /// - Returns: the process and the task of its thread.
  /// - Throws: `tryAgain` if no process or task is free; `outOfMemory`. Nothing stays allocated
  ///   then.
  @unsafe static func fork(
    _ parent: ProcessReference<P>, _ request: CloneRequest,
    _ frame: borrowing P.ABI.Registers, threadPointer: Word
  ) throws(Errno) -> (ProcessReference<P>, task: TaskNumber) {
    let maker = request.isSibling ? parent.pointee.parent : parent.pointee.identifier
    let me = P.thread
    let (slot, identifier) = try P.processes.withLock { (table) throws(Errno) in
      let like = try table.slot(of: parent.pointee.identifier)
      let endSignal = request.isSibling ? table[like].endSignal : request.endSignal
      let slot = try table.claim(parent: maker, like: like, endSignal: endSignal)
      table[slot].creator = request.isSibling ? table[like].creator : me.pointee.task
      return (slot, table[slot].identifier)
    }
    let pool = parent.pointee.space.pool
    let scheduling = P.thread.pointee.scheduling.inherited
    var made: PhysicalFrame?
    do throws(Errno) {
      let recordFrame = try newFrame(pool)
      made = recordFrame
      let memory =
        try request.sharesParentSpace
        ? lend(parent.pointee.memory) : copy(parent.pointee.memory)
      let record = unsafe emptyRecord(
        in: P.Memory.pointer(to: recordFrame), identifier: identifier, parent: maker,
        memory: memory,
        executable: parent.pointee.executable)
      record.pointee.sharesParentSpace = request.sharesParentSpace
      record.pointee.inherit(from: &parent.pointee)
      let task: TaskNumber
      do throws(Errno) {
        if !request.sharesParentSpace { try record.pointee.replaceProcessPage() }
        task = try P.makeTask(frame, threadPointer: threadPointer, scheduling)
      } catch {
        memory.release()
        throw error
      }
      // After what may fail.
      record.pointee.files.copy(from: parent.pointee.files)
      record.pointee.retainNodes()
      if !request.sharesParentSpace {
        P.publishTimes(of: record, task, thread: identifier.firstThread)
      }
      let (mask, stack) = (P.thread.pointee.signals.mask, P.thread.pointee.signals.stack)
      let name = P.thread.pointee.name
      P.processes.withLock { table in
        table[slot].record = record
        table[slot].frame = recordFrame
        table.enter(task, identifier: identifier.firstThread, process: record, name: name)
        table.thread(task).pointee.scheduling = scheduling
        table.thread(task).pointee.traits = me.pointee.traits.inherited
        table.thread(task).pointee.signals.mask = mask
        table.thread(task).pointee.signals.stack = stack
      }
      return (record, task)
    } catch {
      if let made { pool.release(made) }
      P.processes.withLock { $0.free(slot) }
      throw error
    }
  }

  private static func newFrame(_ pool: FramePool<P.CPU, P.Memory>) throws(Errno) -> PhysicalFrame {
    do { return try pool.allocateCold(zeroed: false) } catch { throw Errno(error) }
  }

  /// Adds a reference to the parent's memory and returns it.
  private static func lend(_ memory: SpaceReference<P>) -> SpaceReference<P> {
    memory.retain()
    return memory
  }

  /// A copy-on-write copy of the parent's memory.
  private static func copy(_ memory: SpaceReference<P>) throws(Errno) -> SpaceReference<P> {
    do throws(MemoryError) {
      let pool = memory.space.pool
      let copy = try SpaceReference<P>.make(
        table: P.makeTable(pool), pool: pool, layout: memory.space.layout)
      do throws(MemoryError) {
        try memory.space.fork(into: &copy.space)
      } catch {
        copy.release()
        throw error
      }
      return copy
    } catch {
      throw Errno(error)
    }
  }

  /// Copies what a child inherits from its parent, except memory and open files. The nodes are not
  /// counted yet.
  private mutating func inherit(from parent: inout Process<P>) {
    vdsoMapping = parent.vdsoMapping
    inheritDirectory(of: parent)
    fileMask = parent.fileMask
    isDumpable = parent.isDumpable
    limits = parent.limits
    signals.inherit(from: parent.signals)
  }
}
