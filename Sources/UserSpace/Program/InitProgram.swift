// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: the caller of `start` passes unused memory for one process, which is not shared yet.
/// Starts the first program, with the path and the arguments of the command line.
public enum InitProgram<P: Platform> {
  /// Loads the program into a new process, number 1, whose record is created in the page at
  /// `memory`. The process does not run yet, and `table` need not be active.
  ///
  /// - Returns: the registers with which the program starts.
  /// - Throws: `ProgramFailure`, after a log line `init: PATH: REASON`. All frames are released
  ///   then, and `memory` is unused again.
  @unsafe public static func start(
    in memory: UnsafeMutableRawPointer, table: consuming P.Table, pool: FramePool<P.CPU, P.Memory>
  ) throws(ProgramFailure) -> P.ABI.Registers {
    do throws(ProgramFailure) {
      let space: SpaceReference<P>
      do { space = try SpaceReference.make(table: table, pool: pool, layout: P.newLayout()) } catch
      {
        throw .cannotStart(.outOfMemory)
      }
      let process = unsafe Process<P>.create(
        in: memory, identifier: .first, parent: .zero, memory: space, executable: .root)
      P.processes.enterFirst(process)
      if P.beginsWithTerminal { P.processes.giveTerminalToFirst() }
      do throws(ProgramFailure) { return try load(into: process) } catch {
        unsafe Process<P>.release(process)
        throw error
      }
    } catch {
      if !error.isOfInterpreter {
        Log.fatalLine("init: \(bytes: CommandLineArguments<P>.path): \(error.reason)")
      }
      throw error
    }
  }

  private static func load(
    into process: ProcessReference<P>
  ) throws(ProgramFailure) -> P.ABI.Registers {
    let node = try find()
    var scripts: ScriptStrings<P>
    do { scripts = try ScriptStrings(pool: process.pointee.space.pool) } catch {
      throw .cannotStart(error)
    }
    let image = try follow(node, &scripts)
    var heads = FileHeads<P>()
    defer { heads.release() }
    var executable = try executable(ProgramFile(image, &heads), &heads)
    do throws(Errno) {
      try process.pointee.openConsole()
      let program = try ProgramLoader<P>.load(
        &executable, scripts, CommandLineArguments(), into: process.pointee.memory)
      process.pointee.adopt(program)
      return program.registers
    } catch {
      throw .cannotStart(error)
    }
  }

  /// The program in `file` with its interpreter. A log line names an interpreter that is at fault.
  @_lifetime(copy file)
  private static func executable(
    _ file: ProgramFile<P>, _ heads: inout FileHeads<P>
  ) throws(ProgramFailure) -> Executable<P> {
    do { return try Executable(file, from: .root, &heads) } catch {
      if error.isOfInterpreter, let path = file.program.interpreterPath {
        log(error, ofInterpreter: path)
      }
      throw error
    }
  }

  /// The file that is no script, which `node` or the interpreter of its script is.
  private static func follow(
    _ node: FileNode, _ scripts: inout ScriptStrings<P>
  ) throws(ProgramFailure) -> FileNode {
    do throws(Errno) { return try scripts.follow(node, from: .root) } catch {
      switch error {
      case .notExecutable: throw .invalid(.notElf)
      case .outOfMemory: throw .cannotStart(error)
      default:
        log(.interpreterMissing(error), ofInterpreter: scripts.first)
        throw .interpreterMissing(error)
      }
    }
  }

  private static func log(_ error: ProgramFailure, ofInterpreter path: Span<UInt8>) {
    Log.fatalLine(
      "init: \(bytes: CommandLineArguments<P>.path) needs \(bytes: path): \(error.reason)")
  }

  /// Finds the file.
  ///
  /// - Throws: `missing`, or `cannotStart` if there is no memory for the lookup.
  private static func find() throws(ProgramFailure) -> FileNode {
    do throws(Errno) {
      return try PathWalk<P>.find(CommandLineArguments<P>.path, from: .root)
    } catch {
      throw error == .outOfMemory ? .cannotStart(error) : .missing(error)
    }
  }
}
